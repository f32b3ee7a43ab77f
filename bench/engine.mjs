// npm run bench -- engine: one decision with its explanation, beside other engines, the same rules and requests in each. And an
// execute, recorded in a ledger in memory.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Lattice } from "@agentlattice/wasm";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { print, thousands } from "./table.mjs";

const sizes = [10, 100, 1000, 10_000];
const requests_count = 1000;
const hits_share = 0.8;
const rounds = 5;
/** Of one engine in one round: as many calls as fit, at most the first. */
const calls_per_round = 2000;
const round_ms_max = 400;
/** Before them. V8 compiles for speed what has run for a while; a call of ours passes through hundreds of functions. */
const decisions_before = 30_000;
const executes_before = 50_000;
/** As many as one request takes (1 MiB); more are put one by one. */
const file_policies_max = 5000;
const executes = 20_000;
/** How many agents of one process, and how many of their calls at once. */
const ways_to_execute = [
  { agents: 1, concurrent: 1 },
  { agents: 1, concurrent: 64 },
  { agents: 1000, concurrent: 1 },
];

const ours = "@agentlattice/wasm, canI";
const bound = 50;
const repo = "acme/shop";
const actionOf = (index) => `pr.n${index}`;

/** Numbers of this machine, now. */
export async function run() {
  // The engine of Node.js 20 ends the process, now and then, where it has inlined a call into Cedar's module. All go without.
  if (process.versions.node.startsWith("20."))
    setFlagsFromString("--no-turbo-inline-js-wasm-calls");
  const peers = await installedPeers();
  const decisions = [];
  for (const size of sizes) decisions.push(...(await decide(size, peers)));
  const executed = [];
  for (const way of ways_to_execute) executed.push({ ...way, ...(await execute(way)) });
  return { decisions, executes: executed };
}

/** The peers are dependencies of this benchmark alone, pinned by their own lock file. */
async function installedPeers() {
  const cwd = fileURLToPath(new URL("peers/", import.meta.url));
  const options = { cwd, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], options);
  return (await import("./peers/engines.mjs")).peers;
}

async function decide(size, peers) {
  const rules = Array.from({ length: size }, (_, index) => ({
    action: actionOf(index),
    bound,
    repo,
  }));
  const { lattice, agent } = await embedded(rules);
  const engines = { [ours]: (request) => decideHere(agent, request) };
  for (const [name, engineOf] of Object.entries(peers)) engines[name] = await engineOf(rules);

  const requests = Array.from({ length: requests_count }, (_, index) => requestOf(index, size));
  checkAgreement(engines, requests);
  const took_us = Object.fromEntries(Object.keys(engines).map((name) => [name, []]));
  for (const engine of Object.values(engines)) timed(engine, requests, decisions_before);
  // In turns, so that all see the same machine.
  for (let round = 0; round < rounds; ++round)
    for (const [name, engine] of Object.entries(engines))
      took_us[name].push(...timed(engine, requests, calls_per_round));
  agent.close();
  await lattice.close();
  return Object.entries(took_us).map(([name, all]) => ({ name, size, ...quantiles(all) }));
}

async function embedded(rules) {
  const policies = rules.map(({ action, bound, repo }) => ({
    name: action,
    action_type: action,
    effect: "conditional",
    conditions: [
      { field: "size", operator: "lt", value: bound },
      { field: "repo", operator: "eq", value: repo },
    ],
  }));
  const lattice = await Lattice.open({ policies: policies.slice(0, file_policies_max) });
  const operator = lattice.operator();
  for (const policy of policies.slice(file_policies_max))
    await operator.putPolicy(policy.name, policy);
  return { lattice, agent: new AgentLatticeSync({ lattice, agent: "bench" }) };
}

function decideHere(agent, { action, size, repo }) {
  const { allowed, conditionsEvaluated } = agent.canI(action, { metadata: { size, repo } });
  return { allowed, explanation: conditionsEvaluated };
}

/** Spread over the rules; the last of each five asks for too much. */
function requestOf(index, size) {
  const hit = index % 5 < 5 * hits_share;
  // 7919 is prime, so that neighbours are far apart.
  return { action: actionOf((index * 7919) % size), size: hit ? 12 : 68, repo };
}

/** Engines that do not decide the same are not comparable. */
function checkAgreement(engines, requests) {
  for (const request of requests.slice(0, 50)) {
    const answers = Object.entries(engines).map(([name, engine]) => [
      name,
      engine(request).allowed,
    ]);
    const wrong = answers.find(([, allowed]) => allowed !== request.size < bound);
    if (wrong) throw new Error(`${wrong[0]} says ${wrong[1]} to ${JSON.stringify(request)}`);
  }
}

function timed(engine, requests, calls) {
  const took_us = [];
  const until = performance.now() + round_ms_max;
  for (let n = 0; n < calls; ++n) {
    const since = performance.now();
    engine(requests[n % requests.length]);
    const now = performance.now();
    took_us.push((now - since) * 1000);
    if (now > until) break;
  }
  return took_us;
}

async function execute({ agents, concurrent }) {
  const { lattice, agent } = await embedded([{ action: "pr.open", bound, repo }]);
  agent.close();
  const all = Array.from({ length: agents }, (_, index) => lattice.agent(`agent-${index}`));
  let called = 0;
  const call = () => all[called++ % agents].execute("pr.open", { metadata: { size: 12, repo } });
  for (let n = 0; n < executes_before; ++n) await call();
  const took_us = [];
  let begun = 0;
  const worker = async () => {
    while (begun++ < executes) {
      const since = performance.now();
      await call();
      took_us.push((performance.now() - since) * 1000);
    }
  };
  const cpu = process.cpuUsage();
  const since = performance.now();
  await Promise.all(Array.from({ length: concurrent }, worker));
  const perSecond = (executes / (performance.now() - since)) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  await lattice.close();
  return { perSecond, cpu_us: (user + system) / executes, ...quantiles(took_us) };
}

function quantiles(all) {
  all.sort((a, b) => a - b);
  const at = (q) => all[Math.floor(q * (all.length - 1))];
  return { p50_us: at(0.5), p99_us: at(0.99) };
}

export function show({ decisions, executes }) {
  const names = [...new Set(decisions.map(({ name }) => name))];
  const cell = ({ p50_us, p99_us }) => `${p50_us.toFixed(1)} / ${p99_us.toFixed(1)}`;
  print(
    ["one decision, p50 / p99 in µs, by number of rules", ...sizes.map(thousands)],
    [
      ...names.map((name) => [
        name,
        ...sizes.map((size) => cell(decisions.find((d) => d.name === name && d.size === size))),
      ]),
      // Its SDK only runs what the opa binary compiled, which no package of npm brings.
      ["@open-policy-agent/opa-wasm (not measurable: no compiler on npm)", ...sizes.map(() => "–")],
    ],
  );
  print(
    ["execute, recorded in memory", "calls/s", "p50 µs", "p99 µs", "processor µs a call"],
    executes.map(({ agents, concurrent, perSecond, p50_us, p99_us, cpu_us }) => [
      `${agents === 1 ? "" : `${thousands(agents)} agents, `}${concurrent} at once`,
      thousands(perSecond),
      p50_us.toFixed(1),
      p99_us.toFixed(1),
      cpu_us.toFixed(1),
    ]),
  );
}
