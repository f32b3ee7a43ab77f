// Writes the seeds of tests/fuzz/corpus from the scenarios, the vectors and the examples: what is well-formed, for the fuzzer to
// spoil. Files that begin with "found-" were found by it; they are left alone.
//
//   npm run build && node tests/fuzz/seeds.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { embeddedPayload } from "../../npm/dist/embedded-payload.js";
import { Kernel } from "../../npm/dist/kernel.js";

const tests = new URL("../", import.meta.url);
const readJson = (path) => JSON.parse(readFileSync(new URL(path, tests), "utf8"));

function write(target, texts) {
  const folder = new URL(`fuzz/corpus/${target}/`, tests);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder))
    if (!name.startsWith("found-")) rmSync(new URL(name, folder));
  let number = 0;
  for (const text of new Set(texts))
    writeFileSync(new URL(`seed-${String(++number).padStart(3, "0")}`, folder), text);
}

const scenarioFiles = readdirSync(new URL("scenarios/", tests))
  .filter((name) => name.endsWith(".json"))
  .map((name) => readJson(`scenarios/${name}`));
const scenarios = scenarioFiles.flatMap((file) =>
  file.scenarios.map((scenario) => ({ ...file, ...scenario })),
);

/** What the target's prologue made, in the place of what a scenario names. */
const asPrologue = (text) =>
  text
    .replace(/\/approvals\/\$\w+/g, "/approvals/$approval")
    .replace(/(\/delegations\/|x-al-delegation-id: )\$\w+/g, "$1$delegation")
    .replace(/\/agents\/\$\w+/g, "/agents/$agent");

function requestsOf({ agents = {}, steps }) {
  return steps.flatMap((step) => {
    if (step.do === undefined) return [];
    let who = step.as in agents ? "agent" : "operator";
    if (step.as === "host" || step.as === undefined) who = step.as ?? "nobody";
    const [method, target] = step.do.split(" ");
    const headers = Object.entries(step.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const body = step.text ?? (step.body === undefined ? "" : JSON.stringify(step.body));
    return asPrologue([`${who} ${method} /api/v1${target}`, ...headers, "", body].join("\n"));
  });
}

const everyPlace = [
  "agent GET /api/v1/whoami",
  "host GET /api/v1/audit?limit=2",
  "host GET /api/v1/audit/entries?limit=500",
  "host GET /api/v1/audit/checkpoint",
  "host GET /api/v1/audit/verify",
  "host GET /api/v1/audit/proof/consistency?from=1&to=3",
  "host GET /api/v1/audit/proof/inclusion?row_id=1&size=3",
  "host GET /api/v1/posture",
  "agent GET /api/v1/posture",
].map((line) => `${line}\n\n`);

write("http", [
  ...scenarios.map((each) => requestsOf(each).join("\n%%\n")),
  everyPlace.join("\n%%\n"),
]);

const texts = readJson("vectors/json_texts.json");
write(
  "json",
  texts.accept.map(([, text]) => text),
);

const action = {
  type: "pr.merge",
  metadata: { pr_size: 68, repo: { name: "acme/app" }, labels: ["bug", 1, null] },
  data: [{ type: "pii", count: 3, sensitivity: "high" }],
  agent: "bot",
  delegation: "child",
  at_ms: 1769860800000,
};
const bodies = scenarios.flatMap(({ steps }) => steps.map(({ body }) => body).filter(Boolean));
const policies = [
  ...scenarios.map((each) => each.policies),
  ...bodies.filter((body) => body.policies || Array.isArray(body)),
  readJson("../examples/node-agent/policies.json"),
].filter(Boolean);
write(
  "policy",
  policies.map((file) => JSON.stringify({ policies: file, action })),
);

const ledger = readJson("vectors/ledger.json");
write(
  "row",
  ledger.rows.map(({ text, openings }) => `${text}\n${openings}`),
);

write("wire", [
  ledger.checkpoint,
  `${ledger.checkpoint}\n— example.org/org_1 c2lnbmF0dXJl\n`,
  '{"type":"subscribe","token":"al_1","org_id":"org-1","events":["action.denied"],"agent_id":"agt_1","after":1041}',
  '{"org_id":null,"events":null,"agent_id":null,"after":null}',
  '{"type":"ready","org_id":"org-1","seq":1041}',
  '{"type":"event","seq":1042,"event_type":"action.denied","agent_id":"agt_1","timestamp":"2026-01-31T12:00:00.000Z","data":{}}',
  '{"type":"heartbeat","seq":1042}',
  '{"type":"error","error":{"code":"UNAUTHORIZED","message":"no"}}',
  "2026-01-31T12:00:00.000Z",
  "Sat, 31 Jan 2026 12:00:00 GMT",
  "pr.merge",
  "pr.*",
  "c2lnbmF0dXJl",
  "00ff",
  "a%20b",
]);

/** Snapshots of a lattice that grows: its bytes, behind the line that says which format they have. */
async function snapshots() {
  const out = [];
  let answer;
  const kernel = await Kernel.start(embeddedPayload, {
    lattice: {
      respond: (_ticket, _status, _headers, body) => {
        answer = JSON.parse(body);
      },
      append: (batch) => kernel.inform("appended", batch),
      read: () => {},
      redact: (batch) => kernel.inform("redacted", batch),
      saveSnapshot: (_rows, bytes) => out.push(bytes.slice(bytes.indexOf(0x0a) + 1)),
      sign: () => {},
      send: () => {},
      hangUp: () => {},
      ended: () => {},
    },
  });
  kernel.call("openLattice", '{"ledger":"host"}');
  kernel.call("startLattice");
  const { api_key } = kernel.call("attach", "operator", "host");
  let ticket = 0;
  const ask = (key, line, body, more = "") => {
    const [method, target] = line.split(" ");
    const headers = `authorization: Bearer ${key}\ncontent-type: application/json\n${more}`;
    kernel.call("handle", ++ticket, method, `/api/v1${target}`, headers, JSON.stringify(body));
    return answer;
  };
  const act = (key, type, more) =>
    ask(key, "POST /actions", { action_type: type, metadata: { pr_size: 7 } }, more);
  const bot = ask(api_key, "POST /agents", { name: "bot", capabilities: ["pr.*", "read"] });
  kernel.call("takeSnapshot");
  ask(api_key, "PUT /policies", [
    { name: "r", action_type: "read", effect: "allow" },
    { name: "m", action_type: "pr.*", effect: "require_approval" },
  ]);
  ask(api_key, "PUT /settings", { breaker: { failure_percent: 50, minimum_count: 1 } });
  const read = act(bot.api_key, "read", "x-al-event-id: e-1\n");
  act(bot.api_key, "drop", "x-al-event-id: e-2\n");
  const asked = act(bot.api_key, "pr.merge");
  act(bot.api_key, "pr.close");
  kernel.call("takeSnapshot");
  ask(api_key, `POST /approvals/${asked.approval_id}/decision`, {
    decision: "approve",
    reason: "fine",
  });
  ask(bot.api_key, `POST /approvals/${asked.approval_id}/claim`, { claim_id: "c" });
  const child = ask(bot.api_key, "POST /delegations", {
    name: "c",
    capabilities: ["pr.*"],
    ttl: 60,
  });
  act(bot.api_key, "pr.open", `x-al-delegation-id: ${child.id}\n`);
  ask(bot.api_key, "POST /report", { audit_event_id: read.audit_event_id, status: "failure" });
  kernel.call("takeSnapshot");
  kernel.close("the lattice of the seeds");
  return out;
}
write("snapshot", await snapshots());
