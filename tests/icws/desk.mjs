// A client as programs for Node are written: what is built into Node and no more. Each step is told as a line of JSON.
// Called as: node desk.mjs URL LOGIN PASSWORD LICENSE OTHER; it waits until somebody assigns OTHER, and ends.

const [url, login, password, license, other] = process.argv.slice(2);
const MEDIA_TYPE = "application/vnd.inin.icws+JSON";
const tell = (step, facts) => console.log(JSON.stringify({ step, ...facts }));

const answer = await fetch(`${url}/icws/connection?include=features,version`, {
  method: "POST",
  headers: { Accept: MEDIA_TYPE, "Accept-Language": "en-us", "Content-Type": `${MEDIA_TYPE};charset=utf-8` },
  body: JSON.stringify({
    __type: "urn:inin.com:connection:icAuthConnectionRequestSettings",
    applicationName: "Node Desk",
    userID: login,
    password,
  }),
});
const session = await answer.json();
const location = answer.headers.get("location");
tell("log-on", {
  status: answer.status,
  type: answer.headers.get("content-type"),
  location,
  sameToken: answer.headers.get("inin-icws-csrf-token") === session.csrfToken,
  sameSession: answer.headers.get("inin-icws-session-id") === session.sessionId,
  messaging: session.features.find((feature) => feature.featureId === "messaging").version,
});

const root = new URL(location.replace(/\/connection$/, ""), url).href;
const cookie = answer.headers.getSetCookie()[0]; // the whole line, attributes and all, as many clients send it
const credentials = {
  Cookie: cookie,
  "ININ-ICWS-CSRF-Token": session.csrfToken,
  "ININ-ICWS-Session-ID": session.sessionId,
};

async function ask(method, path, body) {
  const headers = { ...credentials, Accept: MEDIA_TYPE, "Content-Type": `${MEDIA_TYPE};charset=utf-8` };
  const answer = await fetch(`${root}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
}

const stages = await ask("POST", "/licenses/license-stages", {
  licenseStageOperationList: [
    { stageName: "desktop", stageFailureAction: 0, licenseList: [license] },
    { stageName: "extras", stageFailureAction: 1, licenseList: [other] },
  ],
});
tell("stages", stages);
tell("version", await ask("GET", "/connection/version"));
tell("subscribe", await ask("PUT", "/messaging/subscriptions/licenses", { licenseList: [license, other] }));
tell("poll", await ask("GET", "/messaging/messages?select=*")); // with a parameter that means nothing here, as seen

// As a browser's EventSource asks: with the cookie alone.
const stream = await fetch(`${root}/messaging/messages`, { headers: { Cookie: cookie, Accept: "text/event-stream" } });
tell("stream", { status: stream.status, type: stream.headers.get("content-type") });
let unread = "";
for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
  unread += chunk;
  const lines = unread.split("\n");
  unread = lines.pop();
  const data = lines.filter((line) => line.startsWith("data:"));
  if (data.length > 0) {
    tell("message", { message: JSON.parse(data[0].slice("data:".length)) });
    break; // ends the stream
  }
}

tell("log-off", await ask("DELETE", "/connection"));
tell("after", { status: (await ask("POST", "/licenses", { licenseList: [license] })).status });
