// npm run bench: the embedded lattice, what is downloaded, and how long the first decision takes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lattice } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { firstDecision } from "./first-decision.mjs";
import { sizes } from "./sizes.mjs";
import { print, thousands } from "./table.mjs";

const calls_memory = 20_000;
const calls_sqlite = 2_000;
/** Until V8 has compiled for speed what a call passes through; the disk is no faster for it. */
const warm_up_calls = 50_000;
const warm_up_calls_sqlite = 500;
const concurrent_calls = 64;
const starts = 11;

const policies = JSON.parse(
  readFileSync(new URL("../examples/node-agent/policies.json", import.meta.url), "utf8"),
);
const metadata = { repo: "acme/shop", pr_size: 12 };
const execute = (al) => al.execute("pr.open", { metadata });
const canI = (al) => al.canI("pr.open", { metadata });

/** Numbers of this machine, now. */
export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "agentlattice-bench-"));
  try {
    return {
      calls: [
        await speed("execute, ledger in memory", undefined, execute, calls_memory, 1),
        await speed(
          "execute, ledger in memory",
          undefined,
          execute,
          calls_memory,
          concurrent_calls,
        ),
        await speed("execute, ledger in SQLite", join(folder, "one.db"), execute, calls_sqlite, 1),
        await speed(
          "execute, ledger in SQLite",
          join(folder, "many.db"),
          execute,
          calls_sqlite,
          concurrent_calls,
        ),
        await speed("canI (nothing is recorded)", undefined, canI, calls_memory, 1),
      ],
      sizes: sizes(),
      firstDecision: await firstDecision(starts),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Keeps `concurrent` calls under way until `count` are done. */
async function speed(name, file, call, count, concurrent) {
  const store = file && new SqliteStore({ path: file });
  const lattice = await Lattice.open({ store, policies });
  const al = lattice.agent("bench");
  const before = store ? warm_up_calls_sqlite : warm_up_calls;
  for (let n = 0; n < before; ++n) await call(al);

  const took_ms = [];
  let begun = 0;
  const worker = async () => {
    while (begun++ < count) {
      const since = performance.now();
      await call(al);
      took_ms.push(performance.now() - since);
    }
  };
  const since = performance.now();
  await Promise.all(Array.from({ length: concurrent }, worker));
  const total_ms = performance.now() - since;
  await lattice.close();

  took_ms.sort((a, b) => a - b);
  const quantile_us = (q) => Math.round(took_ms[Math.floor(q * (took_ms.length - 1))] * 1000);
  return {
    name,
    concurrent,
    calls: count,
    callsPerSecond: Math.round((count / total_ms) * 1000),
    p50_us: quantile_us(0.5),
    p99_us: quantile_us(0.99),
  };
}

export function show({ calls, sizes, firstDecision }) {
  print(
    ["calls of an agent", "at once", "calls/s", "p50 µs", "p99 µs"],
    calls.map((call) => [
      call.name,
      call.concurrent,
      thousands(call.callsPerSecond),
      thousands(call.p50_us),
      thousands(call.p99_us),
    ]),
  );
  print(
    ["bytes", "raw", "gzip", "brotli"],
    sizes.map(({ file, raw, gzip, brotli }) => [file, ...[raw, gzip, brotli].map(thousands)]),
  );
  print(
    [`a fresh Node.js process, median of ${starts}`, "ms"],
    Object.entries(firstDecision).map(([name, ms]) => [name, ms.toFixed(0)]),
  );
}
