// npm run bench -- client: what the client costs over a network, beside doing it by hand.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { AgentLattice, Operator } from "@agentlattice/wasm";
import { startLatticeThread } from "../tests/server/lattice-thread.mjs";
import { print, thousands } from "./table.mjs";

const rounds = 12;
const calls_per_round = 250;
const gates = 40;
const poll_ms = 5000;

const dist = new URL("../npm/dist/", import.meta.url);
const policies = [
  { name: "open", action_type: "pr.open", effect: "allow" },
  {
    name: "merge",
    action_type: "pr.merge",
    effect: "require_approval",
    approval: { timeout_seconds: 600 },
  },
];
const metadata = { repo: "acme/shop", pr_size: 12 };

/** Numbers of this machine, now. */
export async function run() {
  // In a thread of its own, so that what it does is not counted as the client's work.
  const server = await startLatticeThread({ policies });
  try {
    return {
      execute: await againstFetch(server),
      gate: await fromDecisionToUnblocked(server),
      size: clientSize(),
    };
  } finally {
    await server.stop();
  }
}

/** The same requests by `execute` and by `fetch` and `JSON.parse`, in turns, so that both see the same machine. */
async function againstFetch({ baseUrl, apiKey }) {
  const al = new AgentLattice({ apiKey, baseUrl });
  const byHand = async () => {
    const response = await fetch(`${baseUrl}/api/v1/actions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "x-al-event-id": crypto.randomUUID(),
      },
      body: JSON.stringify({ action_type: "pr.open", metadata }),
    });
    return JSON.parse(await response.text());
  };
  const byClient = () => al.execute("pr.open", { metadata });
  const took_us = { byHand: [], byClient: [] };
  for (let round = 0; round < rounds; ++round) {
    for (const [name, call] of Object.entries({ byHand, byClient })) {
      for (let n = 0; n < calls_per_round; ++n) {
        const since = performance.now();
        const { status } = await call();
        if (status !== "executed") throw new Error(`the action was ${status}`);
        // The first round warms up.
        if (round > 0) took_us[name].push((performance.now() - since) * 1000);
      }
    }
  }
  al.close();
  const fetch_us = median(took_us.byHand);
  const execute_us = median(took_us.byClient);
  return { fetch_us, execute_us, ratio: execute_us / fetch_us };
}

/** From the moment in which an operator has decided to the moment in which `gate` lets go. */
async function fromDecisionToUnblocked({ baseUrl, apiKey, operatorKey }) {
  const al = new AgentLattice({ apiKey, baseUrl });
  const operator = new Operator({ apiKey: operatorKey, baseUrl });
  const took_ms = [];
  for (let n = 0; n < gates; ++n) {
    const gate = al.gate("pr.merge");
    let pending;
    while (pending === undefined) [pending] = (await operator.approvals()).approvals;
    let decided;
    const unblocked = gate.then(() => performance.now());
    await operator.approve(pending.approvalId).then(() => {
      decided = performance.now();
    });
    took_ms.push((await unblocked) - decided);
  }
  al.close();
  operator.close();
  // Who polls waits for half an interval in the median.
  return { p50_ms: Math.max(0, median(took_ms)), polling_p50_ms: poll_ms / 2 };
}

/** What a page or a Worker downloads for `new AgentLattice(…)` against a service, in bytes of brotli. */
function clientSize() {
  const brotli = (urls) =>
    brotliCompressSync(Buffer.concat(urls.map((url) => readFileSync(url)))).length;
  const wasm = brotli([new URL("client.wasm", dist)]);
  const glue = brotli([new URL("client.mjs", dist)]);
  const scripts = brotli(scriptsOf(new URL("agent-lattice.js", dist)).map((href) => new URL(href)));
  return { wasm, glue, wasmAndGlue: wasm + glue, scriptsNotMinified: scripts };
}

/** A script and those that it imports, but for the glue. */
function scriptsOf(url, found = new Set()) {
  if (found.has(url.href)) return found;
  found.add(url.href);
  for (const [, file] of readFileSync(url, "utf8").matchAll(/from "(\.[^"]+\.js)"/g))
    scriptsOf(new URL(file, url), found);
  return [...found];
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

export function show({ execute, gate, size }) {
  print(
    ["a call over loopback, p50", "µs", "ratio"],
    [
      ["fetch and JSON.parse", thousands(execute.fetch_us), ""],
      ["execute", thousands(execute.execute_us), execute.ratio.toFixed(2)],
    ],
  );
  print(
    ["from decision to unblocked gate, p50", "ms"],
    [
      ["gate", gate.p50_ms.toFixed(1)],
      [`polling every ${poll_ms / 1000} s (half an interval, by arithmetic)`, gate.polling_p50_ms],
    ],
  );
  print(
    ["what a client downloads, brotli", "bytes"],
    Object.entries(size).map(([name, bytes]) => [name, thousands(bytes)]),
  );
}
