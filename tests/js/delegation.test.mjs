import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { failure, openLattice, scope } from "./house.mjs";

const reading = { capabilities: ["read.*"], ttl: 60 };
const live = async (al) =>
  (await al.delegations()).delegations.map((delegation) => delegation.name);

test("a sub-agent does what it may, and no more, until its scope ends", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const sub = await al.delegate("reader", reading);
  await scope(sub, async () => {
    assert.equal(sub.name, "reader");
    assert.deepEqual(sub.capabilities, ["read.*"]);
    assert.ok(Date.parse(sub.expiresAt) > Date.now());
    assert.equal((await sub.execute("read.a")).status, "executed");
    assert.equal((await sub.gate("read.a")).status, "executed");
    const beyond = await sub.execute("pr.open", { metadata: { pr_size: 1 } });
    assert.equal(beyond.denialReason, "DELEGATION_SCOPE");
    assert.deepEqual(await live(al), ["reader"]);
  });
  assert.deepEqual(await live(al), []);
});

test("the callback form gives its result back and revokes, whatever happens inside", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  assert.equal(
    await al.delegate("r", reading, async (sub) => (await sub.execute("read.a")).status),
    "executed",
  );
  const broken = new Error("inside");
  await assert.rejects(
    al.delegate("r", reading, () => Promise.reject(broken)),
    broken,
  );
  assert.deepEqual(await live(al), []);
});

test("where body and revocation fail, the body's error counts; where only revocation fails, that one", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const broken = new Error("inside");
  await assert.rejects(
    al.delegate("r", reading, async () => {
      await lattice.close();
      throw broken;
    }),
    broken,
  );
  const second = await openLattice(t);
  await failure(
    second.agent("a").delegate("r", reading, () => second.close()),
    "CLOSED",
  );
});

test("closing twice revokes once; a closed sub-agent says so", async (t) => {
  const lattice = await openLattice(t);
  const sub = await lattice.agent("a").delegate("r", reading);
  const closing = sub.close();
  assert.equal(sub.close(), closing);
  await closing;
  await failure(sub.execute("read.a"), "CLOSED");
  await failure(sub.delegate("deeper", reading), "CLOSED");
});

test("chains narrow, and end with their parent", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const sub = await al.delegate("r", reading);
  const deeper = await sub.delegate("rr", { capabilities: ["read.a"], ttl: 3600 });
  assert.ok(Date.parse(deeper.expiresAt) <= Date.parse(sub.expiresAt));
  assert.equal((await deeper.execute("read.b")).denialReason, "DELEGATION_SCOPE");
  await sub.close();
  assert.equal((await deeper.execute("read.a")).denialReason, "DELEGATION_REVOKED");
});

test("revoking says so, and again the same", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const sub = await al.delegate("r", reading);
  assert.deepEqual(await al.revoke(sub.id), { revoked: true });
  assert.deepEqual(await al.revoke(sub.id), { revoked: true });
});

test("parallel takes promises and thunks, and ends them together", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const group = await AgentLattice.parallel([
    al.delegate("r1", reading),
    () => al.delegate("r2", reading),
  ]);
  await scope(group, async () => {
    const [r1, r2] = group;
    const results = await Promise.all([r1.execute("read.a"), r2.execute("read.b")]);
    assert.deepEqual(
      results.map((result) => result.status),
      ["executed", "executed"],
    );
    assert.deepEqual((await live(al)).sort(), ["r1", "r2"]);
  });
  assert.deepEqual(await live(al), []);
  const names = await AgentLattice.parallel(
    [al.delegate("r3", reading), al.delegate("r4", reading)],
    (subs) => subs.map((sub) => sub.name),
  );
  assert.deepEqual(names, ["r3", "r4"]);
  assert.deepEqual(await live(al), []);
});

test("parallel is all or nothing: when one creation fails, the others are revoked", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a", { capabilities: ["read.*"] });
  const bodies = [undefined, () => assert.fail("ran")];
  for (const body of bodies) {
    await assert.rejects(
      AgentLattice.parallel(
        [
          al.delegate("r1", reading),
          al.delegate("wide", { capabilities: ["pr.open"], ttl: 60 }),
          () => al.delegate("r2", reading),
          () => {
            throw new Error("not even begun");
          },
        ],
        body,
      ),
      /wider/,
    );
    assert.deepEqual(await live(al), []);
  }
});

test("what is no delegation and what is no function are refused, and nothing stays open", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const made = () => al.delegate("r", reading);
  const calls = [
    () => al.delegate("r", reading, 5),
    () => AgentLattice.parallel([made(), al], () => assert.fail("ran")),
    () => AgentLattice.parallel(["x", made], () => assert.fail("ran")),
    () => AgentLattice.parallel([made(), made], 5),
  ];
  for (const call of calls) await failure(call(), "INVALID_ARGUMENT");
  assert.deepEqual(await live(al), []);
  assert.equal((await al.delegations({ role: "parent", activeOnly: false })).delegations.length, 4);
});
