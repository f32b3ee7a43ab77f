import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice, isDeniedError } from "@agentlattice/wasm";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { failure, firstPending, openLattice, served, storeOf } from "./house.mjs";

test("an allowed action is executed", async (t) => {
  const lattice = await openLattice(t);
  const result = await lattice.agent("a").execute("pr.open", { metadata: { pr_size: 12 } });
  assert.equal(result.status, "executed");
  assert.equal(result.policyName, "small");
  assert.match(result.auditEventId, /^evt-/);
  assert.equal(result.conditionsEvaluated[0].result, true);
});

test("a denied action says which condition failed, and by how much", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const result = await al.execute("pr.open", { metadata: { pr_size: 120 } });
  assert.equal(result.status, "denied");
  assert.equal(result.denialReason, "CONDITIONS_DENIED");
  const { hint, ...condition } = result.conditionsEvaluated[0];
  assert.deepEqual(condition, {
    field: "pr_size",
    operator: "lt",
    expected: 50,
    actual: 120,
    result: false,
  });
  assert.match(hint, /71/);
  const error = await failure(
    al.gate("pr.open", { metadata: { pr_size: 120 } }),
    "POLICY_DENIED",
    "AgentLatticeDeniedError",
  );
  assert.equal(error.reason, "CONDITIONS_DENIED");
  assert.equal(error.policy, "small");
  assert.equal(error.conditions[0].actual, 120);
  assert.match(error.stack, /embedded\.test\.mjs/, "the stack leads to the caller");
});

test("an action that no policy names is denied", async (t) => {
  const lattice = await openLattice(t);
  assert.equal((await lattice.agent("a").execute("unheard.of")).denialReason, "NO_MATCHING_POLICY");
});

test("a gate resolves with who approved, when and why", async (t) => {
  const lattice = await openLattice(t);
  const gate = lattice.agent("a").gate("pr.merge", { metadata: { pr_number: 42 } });
  const operator = lattice.operator("ada", { roles: ["release"] });
  const pending = await firstPending(operator);
  assert.deepEqual(pending.metadata, { pr_number: 42 });
  await operator.approve(pending.approvalId, "looks right");
  const result = await gate;
  assert.equal(result.status, "executed");
  assert.equal(result.approval.decidedBy, "ada");
  assert.equal(result.approval.reason, "looks right");
  assert.match(result.approval.decidedAt, /Z$/);
});

test("a gate that a person denies rejects with the reason", async (t) => {
  const lattice = await openLattice(t);
  const gate = lattice.agent("a").gate("pr.merge");
  const operator = lattice.operator();
  const { approvalId } = await firstPending(operator);
  await operator.deny(approvalId, "not today");
  const error = await failure(gate, "POLICY_DENIED", "AgentLatticeDeniedError");
  assert.equal(error.reason, "DENIED_BY_REVIEWER");
  assert.equal(error.approvalId, approvalId);
  assert.match(error.message, /not today/);
});

test("a gate whose time is over is a timeout that names its approval, and can be resumed", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const error = await failure(
    al.gate("pr.merge", { timeoutMs: 30 }),
    "APPROVAL_TIMEOUT",
    "AgentLatticeTimeoutError",
  );
  assert.match(error.approvalId, /^apr-/);
  await lattice.operator().approve(error.approvalId);
  assert.equal((await al.resumeGate(error.approvalId)).status, "executed");
});

test("a gate that its caller ends names its approval, too, and can be resumed", async (t) => {
  const { lattice, client } = await served(t);
  const agents = { near: () => lattice.agent("a"), far: client };
  const ends = { ABORTED: "AgentLatticeAbortedError", CLOSED: "AgentLatticeError" };
  for (const where of ["near", "far"])
    for (const [code, name] of Object.entries(ends)) {
      const controller = new AbortController();
      const end = () => (code === "CLOSED" ? al.close() : controller.abort());
      // Over a network it knows of the approval when it asks after it.
      const hooks = { onRequest: ({ method }) => method === "GET" && end() };
      const al = where === "far" ? client({ hooks }) : agents.near();
      const gate = failure(al.gate("pr.merge", { signal: controller.signal }), code, name);
      await firstPending(lattice.operator());
      if (where === "near") end();
      const { approvalId } = await gate;
      await lattice.operator().approve(approvalId);
      assert.equal((await agents[where]().resumeGate(approvalId)).status, "executed");
    }
});

test("introspection", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a", { capabilities: ["pr.*", "read.*"] });
  const { auditEventId } = await al.execute("read.a");
  const me = await al.whoami();
  assert.equal(me.name, "a");
  assert.equal(me.cbState, "closed");
  assert.deepEqual(me.capabilities, ["pr.*", "read.*"]);
  assert.equal((await al.policies("org")).policies.length, 4);
  assert.equal((await al.canI("read.b")).allowed, true);
  assert.equal((await al.canI("pr.merge")).needsApproval, true);
  assert.equal((await al.canI("pr.open", { metadata: { pr_size: 99 } })).allowed, false);
  assert.match(
    (await al.report(auditEventId, { status: "success", message: "done", metadata: { a_b: 1 } }))
      .reportedAt,
    /Z$/,
  );
  const verified = await al.verify();
  assert.equal(verified.chainValid, true);
  assert.equal(verified.firstBrokenAtRowId, null);
  const posture = await al.posture();
  assert.ok(posture.score >= 0 && posture.score <= 100);
  assert.equal(posture.components.policyCoverage.max, 25);
  assert.match(await lattice.checkpoint(), /^org-/);
});

test("auditAll walks all pages, newest first, each event once", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  for (let n = 0; n < 7; ++n) await al.execute("read.a", { metadata: { some_key: n } });
  const rows = [];
  for await (const event of al.auditAll({ limit: 2, actionType: "read.a" })) rows.push(event);
  assert.equal(rows.length, 7);
  assert.deepEqual(
    rows.map((event) => event.opened.metadata.some_key),
    [6, 5, 4, 3, 2, 1, 0],
  );
});

test("events arrive after their rows are durable, until the subscription is closed", async (t) => {
  const lattice = await openLattice(t);
  const seen = [];
  const subscription = lattice.onEvent((event) => seen.push(event));
  const al = lattice.agent("a");
  await al.execute("read.a", { metadata: { some_key: 1 } });
  await al.execute("drop");
  await Promise.resolve();
  subscription.close();
  await al.execute("read.a");
  assert.deepEqual(
    seen.map((event) => event.eventType),
    ["action.executed", "action.denied"],
  );
  assert.ok(seen[0].seq < seen[1].seq);
  assert.equal(seen[1].data.action_type, "drop");
});

test("agents and operators keep apart", async (t) => {
  const lattice = await openLattice(t);
  const { apiKey, agentId } = await lattice.registerAgent({
    name: "remote",
    capabilities: ["read.*"],
  });
  assert.match(apiKey, /^al_/);
  const al = new AgentLattice({ apiKey, lattice });
  assert.equal((await al.execute("read.a")).status, "executed");
  const operator = lattice.operator();
  await operator.haltAgent(agentId);
  assert.equal((await al.execute("read.a")).denialReason, "AGENT_HALTED");
  await operator.resumeAgent(agentId);
  assert.equal((await al.execute("read.a")).status, "executed");
  await failure(new AgentLattice({ apiKey: "al_live_wrong", lattice }).whoami(), "UNAUTHENTICATED");
});

test("bad policies are refused with all their faults, and nothing stays open", async (t) => {
  const error = await failure(
    openLattice(t, { policies: [{ name: "x", action_type: "a", effect: "alow" }, { name: "y" }] }),
    "POLICY_INVALID",
  );
  assert.ok(error.details);
});

test("capabilities wider than the parent's and a ttl of 0 are refused", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("narrow", { capabilities: ["read.*"] });
  await assert.rejects(al.delegate("wide", { capabilities: ["pr.open"], ttl: 60 }), /wider/);
  await assert.rejects(al.delegate("short", { capabilities: ["read.a"], ttl: 0 }), {
    name: "AgentLatticeError",
  });
});

test("a closed lattice and a closed client say so", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const gate = al.gate("pr.merge");
  gate.catch(() => {});
  await firstPending(lattice.operator());
  const other = lattice.agent("b");
  await other.execute("read.a");
  other.close();
  await failure(other.execute("read.a"), "CLOSED");
  await lattice.close();
  await lattice.close();
  await failure(gate, "CLOSED");
  await failure(al.execute("read.a"), "CLOSED");
  await failure(lattice.fetch(new Request("http://lattice/api/v1/whoami")), "CLOSED");
  await failure(lattice.agent("c").execute("read.a"), "CLOSED");
});

test("closing ends what is under way, however eagerly agents go on to call", async (t) => {
  const store = storeOf();
  const append = store.append;
  store.append = async (...batch) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    append(...batch);
  };
  const lattice = await openLattice(t, { store });
  const al = lattice.agent("a");
  await al.execute("read.a");
  const sync = new AgentLatticeSync({ lattice, agent: "a" });
  assert.equal(sync.canI("read.a").allowed, true);
  let closing;
  const begunAfter = [];
  const agents = ["a", "b", "c"].map(async (name) => {
    const al = lattice.agent(name);
    for (let n = 0; n < 2000; ++n) {
      const late = closing !== undefined;
      try {
        assert.equal((await al.execute("read.a")).status, "executed");
        if (late) begunAfter.push(name);
      } catch (error) {
        return error.code;
      }
    }
  });
  await al.execute("read.a");
  const inFlight = al.execute("read.a");
  closing = lattice.close();
  for (const call of [
    () => al.execute("read.a"),
    () => al.canI("read.a"),
    () => al.subscribe(null, () => {}),
  ])
    await failure(call(), "CLOSED");
  for (const call of [() => sync.execute("read.a"), () => sync.canI("read.a")])
    assert.throws(call, { code: "CLOSED" });
  assert.equal((await inFlight).status, "executed");
  const late = new Promise((resolve) => setTimeout(resolve, 2000, "late").unref());
  const ended = Promise.all([closing, ...agents]);
  assert.deepEqual(await Promise.race([ended, late]), [undefined, "CLOSED", "CLOSED", "CLOSED"]);
  assert.deepEqual(begunAfter, []);
});

test("two callers that race load one module and register one agent", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("raced");
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, n) => al.execute("read.a", { metadata: { n } })),
  );
  assert.equal(new Set(results.map((result) => result.auditEventId)).size, 50);
  assert.ok(!results.some(isDeniedError));
});

test("text that UTF-8 cannot carry does no harm", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("odd");
  const result = await al.execute("read.a", {
    metadata: { "k\ud800": "v\udfff\u{1f600}" },
  });
  assert.equal(result.status, "executed");
  const [event] = (await al.audit({ limit: 1 })).events;
  assert.deepEqual(event.opened.metadata, { "k\ufffd": "v\ufffd\u{1f600}" });
});
