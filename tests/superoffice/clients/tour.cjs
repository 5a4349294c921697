// What `make superoffice-tour` shows: the vendor's package assigns, unassigns and reads licenses, and an ICWS event
// stream that is open beside it tells of each change. Ends with 1 where the stream tells anything else.
// Called as: node tour.cjs URL FOLDER, the server with the demo inventory and where npm installed the package.

const { createRequire } = require("node:module");
const { join } = require("node:path");

const [url, folder] = process.argv.slice(2);
const PACKAGE = "webapi-12";
const load = createRequire(join(folder, "package.json"));
const { WebApi } = load(PACKAGE);
const { name, version } = load(join(folder, "node_modules", PACKAGE, "package.json"));

const ASSOCIATE = { id: 101, login: "agent01" };
const LICENSE = "I3_ACCESS_RECORDER"; // what ICWS calls by its bare name belongs to the owner ININ
const DEADLINE = 10_000; // milliseconds

const say = (text) => console.log(text);
const saySeats = (link) => say(`    ${link.name} "${link.description}": ${link.inUse} of ${link.total} assigned`);

function sayUse({ current: license, numberOfLicensesInUse: used, numberOfLicensesTotal: total }) {
  const limited = total === 0 ? "concurrent seats only" : `${used} of ${total} assigned`;
  say(`    ${license.moduleName}: ${license.unrestricted ? `${used} assigned, unlimited` : limited}`);
}

// The stream of an agent who has subscribed to the license, as a browser or a desktop of ICWS opens it.
async function listen() {
  const json = { "Content-Type": "application/json", "Accept-Language": "en-us" };
  const answer = await fetch(`${url}/icws/connection`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({
      __type: "urn:inin.com:connection:icAuthConnectionRequestSettings",
      applicationName: "tour",
      userID: ASSOCIATE.login,
      password: `demo-${ASSOCIATE.login}`,
    }),
  });
  if (answer.status !== 201) throw new Error(`ICWS log-on: ${answer.status} ${await answer.text()}`);
  const { sessionId, csrfToken } = await answer.json();
  const headers = { ...json, Cookie: answer.headers.getSetCookie()[0], "ININ-ICWS-CSRF-Token": csrfToken };
  const messaging = `${url}/icws/${sessionId}/messaging`;
  const subscribed = await fetch(`${messaging}/subscriptions/licenses`, {
    method: "PUT",
    headers,
    body: JSON.stringify({ licenseList: [LICENSE] }),
  });
  if (!subscribed.ok) throw new Error(`ICWS subscription: ${subscribed.status} ${await subscribed.text()}`);
  const stream = await fetch(`${messaging}/messages`, {
    headers: { Cookie: headers.Cookie, Accept: "text/event-stream" },
    signal: AbortSignal.timeout(60_000),
  });
  return messages(stream);
}

async function* messages(stream) {
  let unread = "";
  for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + chunk).split("\n");
    unread = lines.pop();
    for (const line of lines) if (line.startsWith("data:")) yield JSON.parse(line.slice("data:".length));
  }
}

async function expect(stream, assigned) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`ICWS told nothing of ${LICENSE} for ${DEADLINE} ms`)), DEADLINE);
  });
  const { value: message } = await Promise.race([stream.next(), late]);
  clearTimeout(timer);
  say(`    ICWS stream: ${JSON.stringify(message.licenseAssignedStatusList)}`);
  const [told] = message.licenseAssignedStatusList;
  if (told.name !== LICENSE || told.isAssigned !== assigned) throw new Error(`ICWS should say isAssigned: ${assigned}`);
}

async function tour() {
  const api = new WebApi(`${url}/SuperOffice`, "en"); // without a language texts come as they are stored, in all
  api.authenticateWithPassword("integration01", "demo-integration01");
  const licenses = api.getLicenseAgent();
  say(`${name} ${version}, as npm has it, calls ${url}/SuperOffice as integration01.`);

  say(`\n${ASSOCIATE.login} logs on to ICWS and subscribes to ${LICENSE}:`);
  const stream = await listen();
  await expect(stream, false);

  say(`\nassignThirdPartyLicensesAsync(${ASSOCIATE.id}, "ININ", ["${LICENSE}"]):`);
  const assigned = await licenses.assignThirdPartyLicensesAsync(ASSOCIATE.id, "ININ", [LICENSE]);
  saySeats(assigned.find((link) => link.name === LICENSE));
  await expect(stream, true);

  say(`\nunassignThirdPartyLicensesAsync(${ASSOCIATE.id}, "ININ", ["${LICENSE}"]):`);
  const left = await licenses.unassignThirdPartyLicensesAsync(ASSOCIATE.id, "ININ", [LICENSE]);
  say(`    still assigned: ${left.map((link) => link.name).join(", ")}`);
  await expect(stream, false);

  say(`\nassignThirdPartyLicensesAsync(129, "PLANNING", ["REPORTS", "PLANNER"]):`);
  (await licenses.assignThirdPartyLicensesAsync(129, "PLANNING", ["REPORTS", "PLANNER"])).forEach(saySeats);

  say(`\nassignThirdPartyLicensesAsync(129, "PLANNING", ["LEGACY_IMPORT"]):`);
  await licenses.assignThirdPartyLicensesAsync(129, "PLANNING", ["LEGACY_IMPORT"]).then(
    () => Promise.reject(new Error("an expired license was assigned")),
    ({ response }) => say(`    ${response.status} ${response.data.ErrorType}: ${response.data.Message}`),
  );

  say(`\ngetLicenseFromDBAsync("PLANNING"):`);
  const { current, extendedModuleLicenses } = await licenses.getLicenseFromDBAsync("PLANNING");
  say(`    ${current.companyName}, serial number ${current.serialNr}`);
  const shown = ["PLANNER", "MOBILE", "KIOSK"]; // one of each kind
  extendedModuleLicenses.filter(({ current: license }) => shown.includes(license.moduleName)).forEach(sayUse);
  say(`    and ${extendedModuleLicenses.length - shown.length} more`);

  say(`\nunassignThirdPartyLicensesAsync(129, "PLANNING", ["PLANNER", "REPORTS"]):`);
  const none = await licenses.unassignThirdPartyLicensesAsync(129, "PLANNING", ["PLANNER", "REPORTS"]);
  say(`    still assigned: ${none.length === 0 ? "nothing" : none.map((link) => link.name).join(", ")}`);
}

tour().then(
  () => process.exit(0), // the stream would stay open
  (error) => {
    console.error(error.response ? `${error.response.status} ${JSON.stringify(error.response.data)}` : error);
    process.exit(1);
  },
);
