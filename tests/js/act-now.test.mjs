// An action of a lattice in this process whose ledger is in memory crosses once, and is answered in the same crossing. Whatever
// is asked, what comes of it is what comes of it by the long way, which every other ledger takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { firstPending, openLattice, storeOf } from "./house.mjs";

const big = (bytes) => ({ metadata: { long: "é".repeat(bytes / 2) } });
const asked = [
  ["pr.open", { metadata: { pr_size: 12 }, dataAccessed: [{ type: "pii", count: 3 }] }],
  ["pr.open", { metadata: { pr_size: 68 } }],
  ["pr.open", { metadata: { pr_size: 12, text: "ünï \ud800 \u{1f600}" }, eventId: "mine" }],
  ["pr.open", { metadata: { pr_size: 12, text: "ünï \ud800 \u{1f600}" }, eventId: "mine" }],
  ["pr.open", { metadata: { pr_size: 13 }, eventId: "mine" }],
  ["pr.open", { metadata: { pr_size: 12 }, eventId: "two\nlines" }],
  ["pr.open", { metadata: { pr_size: 12 }, eventId: "e".repeat(200) }],
  ["pr.open", { metadata: { pr_size: 12 }, eventId: "é" }],
  ["pr.open", { metadata: { pr_size: 12 }, timeoutMs: 1000 }],
  ["pr.merge", {}],
  ["drop", undefined],
  ["unknown", {}],
  ["Not An Action", {}],
  ["pr.open", { dataAccessed: [{ kind: "pii" }] }],
  // As much as the kernel's buffer holds, in the question or in the answer, and more.
  ["read.files", big(15_000)],
  ["read.files", big(16_384)],
  ["pr.open", { metadata: { pr_size: "1".repeat(8000) } }],
  ["pr.open", { metadata: { pr_size: "1".repeat(16_000) } }],
  ["read.files", big(400_000)],
];

/** What two lattices may differ in. */
const alike = (text) =>
  text
    .replace(/(evt-\d+-|apr-|call-|agt-|req-|org-)[0-9a-f]{32}/g, "$1")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "a time")
    .replace(/"[0-9a-f]{64}"/g, '"a hash"');
const written = (value) => alike(JSON.stringify(value));

/** The same conversation with two lattices: a ledger in memory, and one that the host keeps. */
async function both(t, converse) {
  const said = [];
  for (const options of [{}, { store: storeOf() }]) {
    const lattice = await openLattice(t, options);
    said.push(await converse(lattice));
  }
  assert.deepEqual(said[0], said[1]);
  return said[0];
}

const outcome = (promise) =>
  promise.then(written, (error) => [error.name, error.code, alike(error.message), written(error)]);

test("execute comes to the same, and leaves the same rows", async (t) => {
  const said = await both(t, async (lattice) => {
    const al = lattice.agent("bot");
    const outcomes = [];
    for (const [actionType, options] of asked) {
      outcomes.push(await outcome(al.execute(actionType, options)));
    }
    for await (const event of al.auditAll()) outcomes.push(written(event));
    return outcomes;
  });
  for (const status of ["executed", "denied", "requested"])
    assert.ok(
      said.some((one) => one.includes?.(`"status":"${status}"`)),
      status,
    );
});

test("gate comes to the same, at once or later, and asks once", async (t) => {
  await both(t, async (lattice) => {
    const al = lattice.agent("bot");
    const operator = lattice.operator();
    const outcomes = [];
    for (const [actionType, options] of asked) {
      const gate = outcome(al.gate(actionType, options));
      if (actionType === "pr.merge") {
        const { approvalId } = await firstPending(operator);
        assert.equal((await operator.approvals()).approvals.length, 1);
        await operator.approve(approvalId);
      }
      outcomes.push(await gate);
    }
    return outcomes;
  });
});

test("a sub-agent acts within its delegation", async (t) => {
  await both(t, async (lattice) => {
    const al = lattice.agent("bot");
    const child = await al.delegate("child", { capabilities: ["read.*"], ttl: 60 });
    const outcomes = [await outcome(child.execute("read.files"))];
    outcomes.push(await outcome(child.gate("pr.open", { metadata: { pr_size: 1 } })));
    await child.close();
    outcomes.push(await outcome(child.execute("read.files")));
    return outcomes;
  });
});

test("a client that was closed hears so", async (t) => {
  await both(t, async (lattice) => {
    const al = lattice.agent("bot");
    await al.execute("read.files");
    al.close();
    return outcome(al.execute("read.files"));
  });
});

test("an agent that was halted is, from the next action on", async (t) => {
  await both(t, async (lattice) => {
    const al = new AgentLatticeSync({ lattice, agent: "bot" });
    const operator = lattice.operator();
    const { agentId } = al.whoami();
    const statuses = [al.execute("read.files").status];
    await operator.haltAgent(agentId);
    statuses.push(al.execute("read.files").denialReason);
    assert.throws(() => al.gate("read.files"), { reason: "AGENT_HALTED" });
    await operator.resumeAgent(agentId);
    return [...statuses, al.gate("read.files").status];
  });
});

test("listeners are told of it", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("bot");
  const told = [];
  const subscription = await lattice.operator().subscribe(null, (event) => told.push(event), {
    events: ["action.executed"],
  });
  t.after(() => subscription.close());
  const { auditEventId } = await al.execute("read.files");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    told.map(({ data }) => data.audit_event_id),
    [auditEventId],
  );
});
