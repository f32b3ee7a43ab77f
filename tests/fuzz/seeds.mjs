// Writes the seeds of tests/fuzz/corpus from the scenarios, the vectors and the examples: what is well-formed, for the fuzzer to
// spoil. Files that begin with "found-" were found by it; they are left alone.
//
//   node tests/fuzz/seeds.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

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
