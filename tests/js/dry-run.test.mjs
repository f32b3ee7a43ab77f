// A canI of a lattice in this process crosses once, without a request around it. Whatever is asked, it says what the
// same agent hears over the wire.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { openLattice } from "./house.mjs";

const policies = [
  {
    name: "groups",
    action_type: "pr.*",
    effect: "conditional",
    conditions: [
      { field: "size", operator: "lt", value: 50 },
      {
        any: [
          { field: "repo", operator: "eq", value: "ünï/shop" },
          { not: { field: "draft", operator: "eq", value: true } },
        ],
      },
      { field: "data.max_sensitivity", operator: "lte", value: "medium" },
      { field: "labels", operator: "not_contains", value: "frozen" },
      { field: "reviewer", operator: "not_exists" },
    ],
  },
  { name: "asked", action_type: "pr.merge", effect: "require_approval" },
  { name: "never", action_type: "drop", effect: "deny" },
  { name: "free", action_type: "read.*", effect: "allow" },
];

const asked = [
  [
    "pr.open",
    {
      metadata: { size: 12, repo: "ünï/shop" },
      dataAccessed: [{ type: "pii", count: 3, sensitivity: "low" }],
    },
  ],
  ["pr.open", { metadata: { size: 68, repo: "x", draft: true } }],
  ["pr.open", { metadata: { size: "68", repo: null, __proto__: { size: 1 } } }],
  [
    "pr.open",
    {
      metadata: {
        size: 2 ** 53,
        repo: "\ud800",
        nested: { a: [1, 2, { b: "\u{1f600}" }] },
      },
    },
  ],
  ["pr.open", {}],
  [
    "pr.open",
    { metadata: { size: null, labels: [], reviewer: { name: "ann" } }, dataAccessed: [] },
  ],
  ["pr.open", { metadata: { labels: ["a", ["b"], {}, null, 1.5], reviewer: "" } }],
  ["pr.open", { metadata: { labels: { frozen: true }, reviewer: [] } }],
  ["pr.merge", {}],
  ["drop", undefined],
  ["read.files", { metadata: { long: "é".repeat(4000) } }],
  // More than the kernel's buffer holds.
  ["read.files", { metadata: { long: "é".repeat(40_000) } }],
  ["pr.open", { metadata: { size: 1, repo: "r".repeat(15_000) } }],
  ["unknown", {}],
];

test("says what the wire says", async (t) => {
  const lattice = await openLattice(t, { policies });
  const { apiKey } = await lattice.registerAgent({ name: "bot" });
  const server = await serve(lattice);
  t.after(() => server.close({ graceMs: 0 }));
  const far = new AgentLattice({ apiKey, baseUrl: server.url });
  const near = new AgentLatticeSync({ lattice, agent: "bot" });
  const awaited = lattice.agent("bot");
  t.after(() => far.close());
  const allowed = new Set();
  for (const [actionType, options] of asked) {
    const here = near.canI(actionType, options);
    assert.deepEqual(here, await far.canI(actionType, options), actionType);
    assert.deepEqual(here, await awaited.canI(actionType, options), actionType);
    allowed.add(`${here.allowed} ${here.needsApproval}`);
  }
  assert.equal(allowed.size, 3, "allowed, denied and asked all came up");
  // Members stand in the order of the wire, where people print them.
  const options = { metadata: { size: 68, repo: "x", draft: true } };
  const shown = JSON.stringify(near.canI("pr.open", options));
  assert.equal(shown, JSON.stringify(await far.canI("pr.open", options)));
});

test("refuses what the wire refuses", async (t) => {
  const lattice = await openLattice(t, { policies });
  const al = new AgentLatticeSync({ lattice, agent: "bot" });
  assert.throws(() => al.canI("Not An Action"), { code: "INVALID_REQUEST" });
  assert.throws(() => al.canI("pr.open", { dataAccessed: [{ kind: "pii" }] }), {
    code: "INVALID_REQUEST",
  });
  assert.throws(() => al.canI("pr.open", { metadata: { big: 1n } }), { code: "INVALID_ARGUMENT" });
  al.close();
  assert.throws(() => al.canI("read.files"), { code: "CLOSED" });
});

test("sees what was decided just before, and leaves no trace", async (t) => {
  const lattice = await openLattice(t, { policies });
  const al = new AgentLatticeSync({ lattice, agent: "bot" });
  assert.equal(al.canI("read.files").allowed, true);
  const { rowsChecked } = al.verify();
  const operator = lattice.operator();
  const { agentId } = al.whoami();
  await operator.haltAgent(agentId);
  assert.equal(al.canI("read.files").denialReason, "AGENT_HALTED");
  await operator.resumeAgent(agentId);
  assert.equal(al.canI("read.files").allowed, true);
  assert.equal(al.verify().rowsChecked, rowsChecked + 2, "only what the operator did");
});
