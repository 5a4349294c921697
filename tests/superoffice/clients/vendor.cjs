// Drives the vendor's package for another program: each line on stdin is a call, each line on stdout its outcome.
// Called as: node vendor.cjs SETTINGS, a JSON object with
//   folder    where npm installed the packages
//   package   the one to load, by the name it is installed under
//   options   what `new WebApi(...)` is given: baseUrl, languageCode, timezone and so on
//   password  [user, password], or ticket, or token; and appToken: how to authenticate, by the package's own methods
// A call is {"id", "agent", "method", "args"}; without a method it asks which methods the agent has. Calls are made at
// once, without waiting for those before. An outcome is {"id", "value"} as JSON writes it, {"id", "refused": {"status",
// "type", "challenge", "body"}} where the server refused, or {"id", "crashed"} where the package itself failed.

const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const settings = JSON.parse(process.argv[2]);
const { WebApi } = createRequire(join(settings.folder, "package.json"))(settings.package);

const api = new WebApi(settings.options);
if (settings.password) api.authenticateWithPassword(...settings.password);
if (settings.ticket) api.authenticateWithTicket(settings.ticket);
if (settings.token) api.authenticateWithToken(settings.token);
if (settings.appToken) api.applicationToken(settings.appToken);

const agents = new Map();

function agentOf(name) {
  if (!agents.has(name)) agents.set(name, api[`get${name}Agent`]());
  return agents.get(name);
}

function methodsOf(agent) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(agent)).filter((name) => /^[a-z].*Async$/.test(name));
}

async function outcome({ agent, method, args }) {
  try {
    if (!method) return { value: methodsOf(agentOf(agent)) };
    return { value: await agentOf(agent)[method](...args) };
  } catch (error) {
    if (!error.response) return { crashed: String(error.stack ?? error) };
    const { status, headers, data } = error.response;
    return { refused: { status, type: headers["content-type"], challenge: headers["www-authenticate"], body: data } };
  }
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const call = JSON.parse(line);
  console.log(JSON.stringify({ id: call.id, ...(await outcome(call)) }));
});
