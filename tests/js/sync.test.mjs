import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inspect } from "node:util";
import { AgentLatticeTimeoutError, isDeniedError } from "@agentlattice/wasm";
import { FileCheckpointStore } from "@agentlattice/wasm/node";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { startLatticeThread } from "../server/lattice-thread.mjs";
import { openLattice, policies, temporaryFolder } from "./house.mjs";

const reading = { capabilities: ["read.*"], ttl: 60 };

/** An agent in this process, one with a ledger in a file, and one over a network: what follows holds for all. */
async function each(t, body) {
  const path = `${temporaryFolder(t)}/ledger.db`;
  for (const options of [{}, { store: new SqliteStore({ path }) }]) {
    const lattice = await openLattice(t, options);
    await body(new AgentLatticeSync({ lattice, agent: "inside" }));
  }
  const thread = await startLatticeThread({ policies });
  t.after(thread.stop);
  const far = new AgentLatticeSync({ apiKey: thread.apiKey, baseUrl: thread.baseUrl });
  t.after(() => far.close());
  await body(far);
}

test("every method answers at once", (t) =>
  each(t, (al) => {
    const result = al.execute("pr.open", { metadata: { pr_size: 12, ü: "\u{1f600}" } });
    assert.equal(result.status, "executed");
    assert.equal(al.execute("pr.open", { metadata: { pr_size: 120 } }).status, "denied");
    assert.equal(al.gate("read.a").status, "executed");
    assert.ok(al.whoami().orgId);
    assert.equal(al.policies("org").policies.length, 4);
    assert.equal(al.canI("pr.merge").needsApproval, true);
    assert.ok(al.report(result.auditEventId, { status: "success" }).reportedAt);
    assert.ok(al.posture().score >= 0);
    assert.equal([...al.auditAll({ limit: 2, actionType: "pr.open" })].length >= 2, true);
    assert.equal(al.audit({ limit: 1 }).events.length, 1);
    assert.deepEqual(al.delegations().delegations, []);
    assert.equal(al.verify().chainValid, true);
    assert.equal(al.verify().chainValid, true);
  }));

test("errors are those of the asynchronous client", (t) =>
  each(t, (al) => {
    assert.throws(
      () => al.gate("drop"),
      (error) => isDeniedError(error) && error.code === "POLICY_DENIED" && error.policy === "never",
    );
    assert.throws(() => al.execute(""), { code: "INVALID_ARGUMENT" });
    assert.throws(() => al.execute("read.a", { metadta: {} }), /takes no option "metadta"/);
    assert.throws(
      () => al.whoami({ signal: new AbortController().signal }),
      /"timeoutMs" in place of "signal"/,
    );
    al.execute("read.a", { eventId: "e1" });
    assert.throws(() => al.execute("read.b", { eventId: "e1" }), { code: "IDEMPOTENCY_MISMATCH" });
    al.close();
    assert.throws(() => al.execute("read.a"), { code: "CLOSED" });
  }));

test("sub-agents end with their scope, whatever happened in it", (t) =>
  each(t, (al) => {
    const live = () => al.delegations().delegations.map(({ name }) => name);
    const status = al.delegate("r", reading, (sub) => {
      assert.equal(sub.execute("pr.open").denialReason, "DELEGATION_SCOPE");
      assert.deepEqual(live(), ["r"]);
      return sub.delegate("rr", reading, (deeper) => deeper.gate("read.a").status);
    });
    assert.equal(status, "executed");
    assert.throws(
      () =>
        al.delegate("r", reading, () => {
          throw new Error("inside");
        }),
      /inside/,
    );
    const made = al.delegate("r", reading);
    made[Symbol.dispose]();
    made.close();
    assert.throws(() => made.execute("read.a"), { code: "CLOSED" });
    const names = AgentLatticeSync.parallel(
      [() => al.delegate("r1", reading), () => al.delegate("r2", reading)],
      (subs) => subs.map((sub) => sub.name),
    );
    assert.deepEqual(names, ["r1", "r2"]);
    assert.throws(
      () =>
        AgentLatticeSync.parallel(
          [() => al.delegate("r1", reading), () => al.delegate("r2", { ...reading, ttl: 0 })],
          () => assert.fail("ran"),
        ),
      { name: "AgentLatticeError" },
    );
    const make = () => al.delegate("r", reading);
    const ran = () => assert.fail("ran");
    for (const call of [
      () => al.delegate("r", reading, 5),
      () => AgentLatticeSync.parallel([make, "x"], ran),
      () => AgentLatticeSync.parallel([make, () => al], ran),
      () => AgentLatticeSync.parallel([make]),
    ])
      assert.throws(call, { code: "INVALID_ARGUMENT" });
    assert.deepEqual(live(), []);
  }));

test("a gate that needs this very thread says so, and can be resumed", async (t) => {
  const lattice = await openLattice(t);
  const al = new AgentLatticeSync({ lattice, agent: "inside" });
  const error = (() => {
    try {
      return assert.fail(al.gate("pr.merge"));
    } catch (thrown) {
      return thrown;
    }
  })();
  assert.equal(error.code, "WOULD_BLOCK");
  const { approvalId, details } = error;
  assert.equal(details.approval_id, approvalId);
  await lattice.operator().approve(approvalId);
  assert.equal(al.resumeGate(approvalId).status, "executed");
});

test("a store with promises needs this thread, too", async (t) => {
  const rows = [];
  const store = {
    open() {},
    close() {},
    read: (from, limit) => rows.slice(from, from + limit),
    append: async (_, more) => void rows.push(...more),
  };
  const lattice = await openLattice(t, { store });
  await lattice.agent("inside").whoami();
  const al = new AgentLatticeSync({ lattice, agent: "inside" });
  assert.throws(() => al.execute("read.a"), { code: "WOULD_BLOCK" });
});

test("over a network a gate blocks until somebody decides, inside asynchronous code, too", async (t) => {
  const thread = await startLatticeThread({ policies, autoApproveMs: 100 });
  t.after(thread.stop);
  const al = new AgentLatticeSync({ apiKey: thread.apiKey, baseUrl: thread.baseUrl });
  t.after(() => al.close());
  const result = await Promise.resolve().then(() => al.gate("pr.merge"));
  assert.equal(result.approval.reason, "by itself");
  assert.throws(
    () => al.gate("pr.merge", { timeoutMs: 20 }),
    (error) => error instanceof AgentLatticeTimeoutError && error.approvalId !== undefined,
  );
});

test("a call over a network sleeps until its answer is there, after one that was refused, too", async (t) => {
  const thread = await startLatticeThread({ policies, autoApproveMs: 100 });
  t.after(thread.stop);
  const al = new AgentLatticeSync({ apiKey: thread.apiKey, baseUrl: thread.baseUrl });
  t.after(() => al.close());
  al.whoami();
  assert.throws(() => al.whoami({ signal: new AbortController().signal }), /"timeoutMs"/);
  const wait = t.mock.method(Atomics, "wait");
  assert.equal(al.gate("pr.merge").status, "executed");
  assert.ok(wait.mock.callCount() < 10, `woke up ${wait.mock.callCount()} times`);
});

test("what cannot go to another thread, or has no meaning there, is refused", () => {
  const apiKey = "al_test_0123456789abcdef";
  for (const option of ["fetch", "WebSocket"]) {
    const options = { apiKey, [option]: () => {} };
    assert.throws(() => new AgentLatticeSync(options), { code: "INVALID_ARGUMENT" });
  }
  assert.throws(() => new AgentLatticeSync({ apiKey, agent: "a" }), /"agent" goes with "lattice"/);
  assert.throws(() => new AgentLatticeSync({ apiKey: async () => apiKey }), /no promise/);
  for (const options of [{}, undefined, null])
    assert.throws(() => new AgentLatticeSync(options), /"apiKey" is missing/);
  const al = new AgentLatticeSync({ apiKey });
  assert.ok(!inspect(al, { depth: 9, showHidden: true }).includes(apiKey));
  al.close();
});

test("with a lattice it needs to know who it is", async (t) => {
  const lattice = await openLattice(t);
  assert.throws(() => new AgentLatticeSync({ lattice }), /"agent" is missing/);
  const { apiKey } = await lattice.registerAgent({ name: "keyed" });
  for (const key of [{ apiKey }, { api_key: apiKey }])
    assert.equal(new AgentLatticeSync({ lattice, ...key }).whoami().name, "keyed");
});

test("where no thread may wait the error says so", async () => {
  const { NetworkCaller } = await import("../../npm/dist/sync/no-network-caller.js");
  assert.throws(() => new NetworkCaller({}), { code: "WOULD_BLOCK" });
});

test("a store of checkpoints is pinned without promises", async (t) => {
  const lattice = await openLattice(t);
  const checkpoints = new FileCheckpointStore({ path: `${temporaryFolder(t)}/pins.json` });
  const al = new AgentLatticeSync({ lattice, agent: "a", checkpoints });
  al.verify();
  assert.match(checkpoints.get("lattice:"), /^org-/);
  // biome-ignore lint/suspicious/noThenProperty: as a query that begins when it is waited for
  for (const get of [async () => null, () => ({ then: (settle) => settle(null) })]) {
    const late = { get, set: async () => {} };
    const other = new AgentLatticeSync({ lattice, agent: "a", checkpoints: late });
    assert.throws(() => other.verify(), /needs a checkpoint store without promises/);
  }
});

test("the worker does not keep the process alive", async (t) => {
  const thread = await startLatticeThread({ policies });
  t.after(thread.stop);
  const script = `import { AgentLatticeSync } from "@agentlattice/wasm/sync";
    const al = new AgentLatticeSync(${JSON.stringify({ apiKey: thread.apiKey, baseUrl: thread.baseUrl })});
    console.log(al.execute("read.a").status);`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { cwd: new URL(".", import.meta.url), encoding: "utf8", timeout: 20_000 },
  );
  assert.equal(stdout, "executed\n", stderr);
  assert.equal(status, 0);
});
