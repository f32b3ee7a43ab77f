// What stays behind after very many calls: nothing but the ledger's own rows, and these only where nothing but the memory
// keeps them.
//
//   AGENTLATTICE_LONG=1 npm test -- tests/js/long-run.test.mjs    a million calls, not a part of them
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AgentLattice, Lattice } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { policies, served } from "./house.mjs";
import { memoriesOf } from "./memories.mjs";

const long = process.env.AGENTLATTICE_LONG !== undefined;
const calls_dry = long ? 1_000_000 : 60_000;
const calls_stored = long ? 1_000_000 : 30_000;
/** The fingerprint of its idempotency key, 16 bytes in a table that is up to three quarters empty, and a bit. */
const bytes_per_call = 64;
/** The fingerprint, its row, and a bit. */
const snapshot_bytes_per_call = 17;
const kernel_growth_max = 4 << 20;
const calls_recorded = long ? 200_000 : 20_000;
const calls_per_ledger = 1000;
const calls_network = long ? 10_000 : 1500;
const at_once = 100;
/** Noise of the collector and of code that gets compiled meanwhile. */
const heap_growth_max = 3 << 20;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
async function heapUsed() {
  for (let n = 0; n < 3; ++n) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

async function repeat(count, call) {
  for (let n = 0; n < count; n += at_once) await Promise.all(Array.from({ length: at_once }, call));
}

test("dry runs leave nothing behind, in JavaScript or in the kernel", async (t) => {
  const [lattice, memory] = await memoriesOf(() => Lattice.open({ policies }));
  t.after(() => lattice.close());
  const al = lattice.agent("a");
  const { signal } = new AbortController();
  const metadata = { pr_size: 12, text: "x".repeat(100) };
  const call = () => al.canI("pr.open", { metadata, signal });
  await repeat(calls_dry / 4, call);
  const before = [await heapUsed(), memory.buffer.byteLength];
  await repeat(calls_dry, call);
  const [heap, kernel] = [await heapUsed(), memory.buffer.byteLength];
  assert.ok(heap - before[0] < heap_growth_max, `${heap - before[0]} bytes more of heap`);
  assert.equal(kernel, before[1]);
});

test("recorded calls leave next to nothing in memory where a store keeps their rows", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "agentlattice-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const store = () => new SqliteStore({ path: join(folder, "ledger.db") });
  const [lattice, memory] = await memoriesOf(() => Lattice.open({ policies, store: store() }));
  t.after(() => lattice.close());
  const al = lattice.agent("a");
  const metadata = { pr_size: 12, text: "x".repeat(100) };
  const first = await al.execute("pr.open", { metadata, eventId: "first" });
  const call = () => al.execute("pr.open", { metadata });
  await repeat(calls_stored / 4, call);
  const before = [await heapUsed(), memory.buffer.byteLength];
  await repeat(calls_stored, call);
  const [heap, kernel] = [await heapUsed(), memory.buffer.byteLength];
  const growth = calls_stored * bytes_per_call + kernel_growth_max;
  assert.ok(heap - before[0] < heap_growth_max, `${heap - before[0]} bytes more of heap`);
  assert.ok(kernel - before[1] < growth, `${kernel - before[1]} bytes more in the kernel`);
  // And nothing of it is lost.
  assert.deepEqual(await al.execute("pr.open", { metadata, eventId: "first" }), first);
  const verified = await al.verify();
  assert.ok(verified.chainValid);
  assert.ok(verified.rowsChecked > 1.25 * calls_stored);
  await lattice.close();
  // A ledger that is opened takes no more than one that grew, but for its snapshot, which comes as a whole.
  const [again, reopened] = await memoriesOf(() => Lattice.open({ policies, store: store() }));
  t.after(() => again.close());
  const opened = kernel + calls_stored * 1.25 * snapshot_bytes_per_call + kernel_growth_max;
  assert.ok(
    reopened.buffer.byteLength < opened,
    `${reopened.buffer.byteLength} bytes when opened, ${kernel} when grown`,
  );
});

test("recorded calls leave their rows, and a closed lattice not even them", async () => {
  const metadata = { pr_size: 12 };
  const sizes = [];
  const round = async () => {
    const [lattice, memory] = await memoriesOf(() => Lattice.open({ policies }));
    const al = lattice.agent("a");
    await repeat(calls_per_ledger, () => al.execute("pr.open", { metadata }));
    sizes.push(memory.buffer.byteLength);
    await lattice.close();
  };
  const rounds = calls_recorded / calls_per_ledger;
  for (let n = 0; n < rounds / 4; ++n) await round();
  const before = await heapUsed();
  for (let n = 0; n < rounds; ++n) await round();
  const after = await heapUsed();
  assert.ok(after - before < heap_growth_max, `${after - before} bytes more of heap`);
  assert.equal(Math.max(...sizes), Math.min(...sizes), "each ledger takes the same");
  assert.ok(
    process.memoryUsage().external < 64 << 20,
    "the memories of closed ones are given back",
  );
});

test("calls over a network leave nothing behind", async (t) => {
  const { server, apiKey } = await served(t);
  const [al, memory] = await memoriesOf(async () => {
    const opened = new AgentLattice({ apiKey, baseUrl: server.url });
    await opened.whoami();
    return opened;
  });
  t.after(() => al.close());
  const { signal } = new AbortController();
  const call = () => al.canI("read.a", { signal });
  await repeat(calls_network, call);
  const before = [await heapUsed(), memory.buffer.byteLength];
  await repeat(calls_network, call);
  const [heap, kernel] = [await heapUsed(), memory.buffer.byteLength];
  assert.ok(heap - before[0] < heap_growth_max, `${heap - before[0]} bytes more of heap`);
  assert.equal(kernel, before[1]);
});

test("what an answer took in the kernel is given back", async (t) => {
  const answer = `{"agent_id":"agt-1","name":"a","org_id":"${"x".repeat(100_000)}"}`;
  const fetch = async () => new Response(answer);
  const [al, memory] = await memoriesOf(async () => {
    const opened = new AgentLattice({ apiKey: "al_test_0123456789abcdef", fetch });
    await opened.whoami();
    return opened;
  });
  t.after(() => al.close());
  for (let n = 0; n < 300; ++n) await al.whoami();
  assert.ok(memory.buffer.byteLength < 8 << 20, `${memory.buffer.byteLength} bytes`);
});
