import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { AgentLattice, Lattice, MemoryCheckpointStore } from "@agentlattice/wasm";
import { FileCheckpointStore } from "@agentlattice/wasm/node";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { failure, openLattice, policies, served, storeOf, temporaryFolder } from "./house.mjs";

/** Rows of a lattice in which an agent acted `times` times. */
async function history(times) {
  const rows = [];
  const lattice = await Lattice.open({ policies, store: storeOf(rows) });
  for (let n = 0; n < times; ++n) await lattice.agent("a").execute("read.a");
  await lattice.close();
  return rows;
}

test("what was verified is pinned, and the next verification continues it", async (t) => {
  const { lattice, server, apiKey } = await served(t);
  const path = `${temporaryFolder(t)}/pins.json`;
  const verify = async () => {
    const checkpoints = new FileCheckpointStore({ path });
    const al = new AgentLattice({ apiKey, baseUrl: server.url, checkpoints });
    t.after(() => al.close());
    return al.verify();
  };
  const first = await verify();
  assert.equal(first.damage, "none");
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { [server.url]: first.checkpoint });
  await lattice.agent("b").execute("read.a");
  const second = await verify();
  assert.equal(second.chainValid, true);
  assert.ok(second.size > first.size);
  assert.equal(JSON.parse(readFileSync(path, "utf8"))[server.url], second.checkpoint);
});

test("a ledger that was cut or replaced is found out, named, and not pinned", async (t) => {
  const rows = await history(10);
  const checkpoints = new MemoryCheckpointStore();
  const verify = async (ledger) => {
    const lattice = await openLattice(t, { policies: undefined, store: storeOf(ledger) });
    return lattice.agent("a", { checkpoints }).verify();
  };
  assert.equal((await verify([...rows])).chainValid, true);
  const pinned = checkpoints.get("lattice:");

  const cut = await verify(rows.slice(0, -4));
  assert.deepEqual([cut.chainValid, cut.damage], [false, "truncated"]);
  assert.equal(cut.firstBrokenAtRowId, rows.length - 4);

  const other = await verify(await history(20));
  assert.equal(other.chainValid, false);
  assert.equal(other.damage, "forked");
  assert.ok(other.message);
  assert.equal(checkpoints.get("lattice:"), pinned);
});

test("by default a client remembers as long as it lives", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const [first, second] = await Promise.all([al.verify(), al.verify()]);
  assert.ok(first.chainValid && second.chainValid);
  await al.execute("read.a");
  assert.equal((await al.verify()).chainValid, true);
  assert.equal((await lattice.operator().verify()).chainValid, true);
});

/** Two lattices whose ledgers begin alike and go on apart. */
async function forked(t) {
  const rows = await history(3);
  const lattices = [];
  for (const ledger of [rows, structuredClone(rows)]) {
    const lattice = await openLattice(t, { policies: undefined, store: storeOf(ledger) });
    for (let n = 0; n <= lattices.length; ++n) await lattice.agent("a").execute("read.b");
    lattices.push(lattice);
  }
  return lattices;
}

test("verifications that overlap leave each other's pin, so that a fork is found by the next", async (t) => {
  const [one, two] = await forked(t);
  const sets = [];
  const checkpoints = {
    async get() {
      const note = sets.at(-1);
      await new Promise((resolve) => setTimeout(resolve, 10));
      return note;
    },
    set: async (_, note) => void sets.push(note),
  };
  const agents = [one, two].map((lattice) => lattice.agent("a", { checkpoints }));
  const verdicts = await Promise.all(agents.map((al) => al.verify()));
  assert.ok(verdicts.every(({ chainValid }) => chainValid));
  assert.equal(sets.length, 1);
  const pinned = verdicts.findIndex(({ checkpoint }) => checkpoint === sets[0]);
  assert.equal((await agents[pinned].verify()).damage, "none");
  assert.equal((await agents[1 - pinned].verify()).damage, "forked");
});

test("a synchronous verification replaces the pin that it was compared with, and no other", async (t) => {
  const [one, two] = await forked(t);
  const { checkpoint } = await one.agent("a").verify();
  const sets = [];
  const answers = [null, checkpoint, null, null];
  const checkpoints = { get: () => answers.shift(), set: (_, note) => void sets.push(note) };
  const al = new AgentLatticeSync({ lattice: two, agent: "a", checkpoints });
  assert.equal(al.verify().chainValid, true);
  assert.equal(sets.length, 0);
  const verdict = al.verify();
  assert.deepEqual(sets, [verdict.checkpoint]);
});

test("a store that fails, or holds something else, is an error, not a verdict", async (t) => {
  const lattice = await openLattice(t);
  const broken = () => {
    throw new Error("disk full");
  };
  for (const checkpoints of [
    { get: broken, set() {} },
    { get: async () => null, set: broken },
  ]) {
    const error = await failure(
      lattice.agent("a", { checkpoints }).verify(),
      "CHECKPOINT_UNAVAILABLE",
    );
    assert.match(error.message, /disk full/);
  }
  const nonsense = { get: () => "no note", set() {} };
  await failure(lattice.agent("a", { checkpoints: nonsense }).verify(), "INVALID_ARGUMENT");

  const path = `${temporaryFolder(t)}/pins.json`;
  writeFileSync(path, "{ half");
  const checkpoints = new FileCheckpointStore({ path });
  const error = await failure(
    lattice.agent("a", { checkpoints }).verify(),
    "CHECKPOINT_UNAVAILABLE",
  );
  assert.match(error.message, /pins\.json holds no checkpoints; restore it, or remove it/);
  assert.equal(readFileSync(path, "utf8"), "{ half");
});

test("a file of checkpoints that holds something else is an error with a code, and stays as it is", (t) => {
  const path = `${temporaryFolder(t)}/pins.json`;
  const store = new FileCheckpointStore({ path });
  const refused = { name: "AgentLatticeError", code: "CHECKPOINT_UNAVAILABLE" };
  for (const text of ["{", "[]", '{"here": 5}', '{"here": null}']) {
    writeFileSync(path, text);
    assert.throws(() => store.get("here"), refused, text);
    assert.throws(() => store.set("here", "note"), refused, text);
    assert.equal(readFileSync(path, "utf8"), text);
  }
  assert.equal(store.get("elsewhere"), null);
  assert.equal(store.get("constructor"), null);
  assert.throws(() => new FileCheckpointStore({ path: `${path}/under` }).get("here"), refused);
  const nowhere = new FileCheckpointStore({ path: `${path}.d/pins.json` });
  assert.throws(() => nowhere.set("here", "note"), refused);
});
