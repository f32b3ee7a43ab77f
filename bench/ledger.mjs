// npm run bench -- ledger: how fast a ledger is read again and verified, and what a row takes in the kernel.
//
//   AGENTLATTICE_BENCH_ROWS=1000000 npm run bench -- ledger    a million rows instead of the usual number
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lattice } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { memoriesOf } from "../tests/js/memories.mjs";
import { print, thousands } from "./table.mjs";

const rows_total = Number(process.env.AGENTLATTICE_BENCH_ROWS ?? 100_000);
const at_once = 64;
const rows_per_append = 10_000;
const rows_per_request = 1024; // verify_rows_read_max, src/engine/handle_audit.cc
const repetitions = 3;

const policies = [{ name: "opening", action_type: "pr.open", effect: "allow" }];
const metadata = { repo: "acme/shop", pr_number: 4711, pr_size: 12 };

/** Numbers of this machine, now. */
export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "agentlattice-bench-"));
  try {
    const rows = await record();
    const sqlite = () => new SqliteStore({ path: join(folder, "ledger.db") });
    await keep(sqlite(), rows);
    const bytes = rows.reduce((sum, [text, openings]) => sum + text.length + openings.length, 0);
    return {
      rows: rows.length,
      bytesPerRow: Math.round(bytes / rows.length),
      rates: [
        await best("opened from arrays", () => open(rows.length, arrays(rows))),
        await best("opened from SQLite", () => open(rows.length, rowsOf(sqlite()))),
        await best("opened from a snapshot", await fromSnapshot(rows)),
        await verifyingInMemory(),
        ...(await verifying(rows)),
      ],
      kernelBytesPerRow: await memory(rows),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A store that has its rows at hand, and takes more. */
function arrays(rows) {
  return {
    open() {},
    read: (from, limit) => rows.slice(from, from + limit),
    append: (_first, more) => void rows.push(...more),
    close() {},
  };
}

/** The rows of as many calls, less those that a ledger begins with. */
async function record() {
  const rows = [];
  const lattice = await Lattice.open({ store: arrays(rows), policies });
  await fill(lattice, () => rows.length < rows_total);
  await lattice.close();
  return rows.slice(0, rows_total);
}

async function fill(lattice, goesOn) {
  const al = lattice.agent("bench");
  const worker = async () => {
    while (goesOn()) await al.execute("pr.open", { metadata });
  };
  await Promise.all(Array.from({ length: at_once }, worker));
}

/** A store without its snapshots. */
function rowsOf(store) {
  return {
    open: () => store.open(),
    read: (from, limit) => store.read(from, limit),
    append: (first, more) => store.append(first, more),
    close: () => store.close(),
  };
}

/** Opens a store that has a snapshot of them. */
async function fromSnapshot(rows) {
  const all = [...rows];
  let kept;
  const store = () => ({
    ...arrays(all),
    readSnapshot: () => kept,
    keepSnapshot: (snapshot) => {
      kept = snapshot;
    },
  });
  await open(rows.length, store());
  if (kept === undefined) throw new Error("so few rows are worth no snapshot");
  return () => open(rows.length, store());
}

async function keep(store, rows) {
  await store.open();
  for (let from = 0; from < rows.length; from += rows_per_append)
    await store.append(from, rows.slice(from, from + rows_per_append));
  await store.close();
}

/** Milliseconds that it takes to open a lattice on these rows. */
async function open(rows, store) {
  const since = performance.now();
  const lattice = await Lattice.open({ store });
  const took_ms = performance.now() - since;
  await lattice.close();
  return { rows, took_ms };
}

async function verifyingInMemory() {
  const lattice = await Lattice.open({ policies });
  let left = rows_total;
  await fill(lattice, () => left-- > 0);
  const al = lattice.agent("bench");
  const rate = await best("al.verify(), rows in memory", () => timed(() => verdictOf(al)));
  await lattice.close();
  return rate;
}

async function verdictOf(al) {
  const { chainValid, rowsChecked } = await al.verify();
  return { valid: chainValid, checked: rowsChecked };
}

async function timed(verdict) {
  const since = performance.now();
  const { valid, checked } = await verdict();
  if (!valid) throw new Error("the ledger is damaged");
  return { rows: checked, took_ms: performance.now() - since };
}

/** By a client, page by page, and by the engine, where the rows are. */
async function verifying(rows) {
  const lattice = await Lattice.open({ store: arrays([...rows]) });
  const al = lattice.agent("bench");
  await al.whoami();
  const headers = { authorization: `Bearer ${lattice.attach("operator", "host")}` };
  const request = () => new Request("http://localhost/api/v1/audit/verify", { headers });
  const rates = [
    await best("al.verify(), rows read back from a store", () => timed(() => verdictOf(al))),
    await best("verified where they are, GET /audit/verify", () =>
      timed(async () => {
        // Each request looks at so many more.
        for (let checked = 0; checked < rows.length; checked += rows_per_request) {
          const body = await (await lattice.fetch(request())).json();
          if (!body.chain_valid) return { valid: false };
        }
        return { valid: true, checked: rows.length };
      }),
    ),
  ];
  await lattice.close();
  return rates;
}

async function best(name, once) {
  const runs = [];
  for (let n = 0; n < repetitions; ++n) {
    const { rows, took_ms } = await once();
    runs.push(Math.round((rows / took_ms) * 1000));
  }
  return { name, rowsPerSecond: Math.max(...runs) };
}

/** What the instance's memory grows by, opened with all rows instead of the first. */
async function memory(rows) {
  const sizes = [];
  for (const some of [rows.slice(0, 1), rows]) {
    const [lattice, memory] = await memoriesOf(() => Lattice.open({ store: arrays(some) }));
    sizes.push(memory.buffer.byteLength);
    await lattice.close();
  }
  return Math.round((sizes[1] - sizes[0]) / rows.length);
}

export function show({ rows, bytesPerRow, rates, kernelBytesPerRow }) {
  print(
    [`a ledger of ${thousands(rows)} rows, best of ${repetitions}`, "rows/s"],
    rates.map(({ name, rowsPerSecond }) => [name, thousands(rowsPerSecond)]),
  );
  print(
    ["bytes a row", "bytes"],
    [
      ["text and openings", thousands(bytesPerRow)],
      ["the kernel's memory", thousands(kernelBytesPerRow)],
    ],
  );
}
