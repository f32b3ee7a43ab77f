// A store that holds up its thread gets the rows of one turn of the event loop together, and nobody who cannot wait waits for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { failure, openLattice, policies, storeOf } from "./house.mjs";

/** Like a file's database: `batches` says how many rows came at a time, since `begin()`. */
function blockingStore() {
  const store = { ...storeOf(), blocking: true, batches: [], refused: false };
  const { append } = store;
  store.append = (firstRow, rows) => {
    if (store.refused) throw new Error("the disk is full");
    store.batches.push(rows.length);
    append(firstRow, rows);
  };
  return store;
}

/** An agent that is known already, and a store that has seen nothing yet. */
async function begun(t) {
  const store = blockingStore();
  const lattice = await openLattice(t, { store, policies });
  const al = lattice.agent("a", { maxAttempts: 1 });
  await al.execute("read.x");
  store.batches.length = 0;
  return { store, lattice, al };
}

/** Lets calls get into the kernel: promises alone, so that the turn goes on. */
async function entered() {
  for (let n = 0; n < 20; ++n) await undefined;
}

const many = (count, al) => Promise.all(Array.from({ length: count }, () => al.execute("read.x")));

test("calls of one turn are appended together", async (t) => {
  const { store, al } = await begun(t);
  const results = await many(100, al);
  // The first is on its way when the others come.
  assert.deepEqual(store.batches, [1, 99]);
  assert.equal(new Set(results.map(({ rowId }) => rowId)).size, 100);
  assert.ok(store.rows.length > 100);
  assert.equal((await al.verify()).chainValid, true);
});

test("no answer comes before its row is kept", async (t) => {
  const { store, al } = await begun(t);
  const rows = store.rows.length;
  const pending = al.execute("read.x");
  await entered();
  assert.equal(store.rows.length, rows);
  const { rowId } = await pending;
  assert.equal(store.rows.length, rowId + 1);
});

test("a thousand calls are a commit, however many come in one turn", async (t) => {
  const { store, al } = await begun(t);
  await many(12_000, al);
  assert.ok(Math.max(...store.batches) <= 1000);
  assert.ok(store.batches.length < 30, `${store.batches.length} batches`);
});

test("whoever cannot wait is answered at once, after those who asked before", async (t) => {
  const { store, lattice, al } = await begun(t);
  const sync = new AgentLatticeSync({ lattice, agent: "b" });
  t.after(() => sync.close());
  sync.execute("read.x");
  const pending = many(10, al);
  await entered();
  const rows = store.rows.length;
  const { rowId } = sync.execute("read.x");
  assert.equal(store.rows.length, rowId + 1);
  const before = await pending;
  assert.deepEqual(
    before.map((each) => each.rowId),
    Array.from({ length: 10 }, (_, index) => rows + index),
  );
  assert.equal(rowId, rows + 10);
  assert.equal(sync.canI("read.x").allowed, true);
});

test("an append that fails is told to all of the turn, and the next one is as good as any", async (t) => {
  const { store, al } = await begun(t);
  store.refused = true;
  await Promise.all(
    Array.from({ length: 5 }, () => failure(al.execute("read.x"), "LEDGER_UNAVAILABLE")),
  );
  store.refused = false;
  await many(3, al);
  assert.equal((await al.verify()).chainValid, true);
});

test("closing keeps what was put off", async () => {
  const store = blockingStore();
  const lattice = await Lattice.open({ store, policies });
  const al = lattice.agent("a");
  await al.execute("read.x");
  const rows = store.rows.length;
  const pending = many(5, al);
  await entered();
  await lattice.close();
  assert.equal((await pending).length, 5);
  assert.equal(store.rows.length, rows + 5);
  await Lattice.open({ store, policies: undefined }).then((again) => again.close());
});
