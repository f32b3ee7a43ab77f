// The JSON Schema of policies, for editors: it refuses nothing that the kernel takes, and most of what the kernel refuses.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import Ajv from "ajv/dist/2020.js";
import { anywhere, caseOf, randomOf } from "../reference/generate.mjs";
import { canonical } from "../reference/wire.mjs";

const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const schema = readJson("../../npm/policy.schema.json");
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
  schema,
);
const seeds = 400;

const scenarioFiles = readdirSync(new URL("../scenarios/", import.meta.url))
  .filter((name) => name.endsWith(".json"))
  .map((name) => readJson(`../scenarios/${name}`));
/** Everything that scenarios put as policies, and whether it was taken. */
const put = scenarioFiles.flatMap(({ policies, scenarios }) => [
  ...(policies === undefined ? [] : [[policies, true]]),
  ...scenarios.flatMap((scenario) => [
    ...(scenario.policies === undefined ? [] : [[scenario.policies, true]]),
    ...scenario.steps
      .filter((step) => step.do?.startsWith("PUT /policies") && typeof step.body === "object")
      .filter((step) => step.as === "host")
      .map((step) => [
        step.do === "PUT /policies" ? step.body : [step.body],
        step.status === undefined,
      ]),
  ]),
]);

async function openHost(t) {
  const lattice = await Lattice.open();
  t.after(() => lattice.close());
  const host = lattice.operator();
  return async (text) => {
    const error = await host.replacePolicies(text).then(
      () => undefined,
      (reason) => reason,
    );
    if (error !== undefined) assert.equal(error.code, "POLICY_INVALID", error.stack);
    return error?.details.faults;
  };
}

test("every valid policy of the scenarios and the examples is valid", () => {
  const valid = put.filter(([, taken]) => taken).map(([file]) => file);
  assert.ok(valid.length > 10, "no policies were found");
  for (const file of [...valid, readJson("../../examples/node-agent/policies.json")])
    assert.ok(validate(file), `${JSON.stringify(file)}: ${JSON.stringify(validate.errors)}`);
});

const base = { name: "p", action_type: "a", effect: "allow" };
const withLeaf = (leaf) => [{ ...base, conditions: [leaf] }];
/** What the compiler refuses and a schema can see. */
const invalid = [
  {},
  { policies: {} },
  { policies: [], more: 1 },
  [{ ...base, name: "" }],
  [{ ...base, name: "a/b" }],
  [{ ...base, name: 7 }],
  [{ name: "p", effect: "allow" }],
  [{ ...base, action_type: "pr*" }],
  [{ ...base, action_type: "a..b" }],
  [{ ...base, effect: "alow" }],
  [{ ...base, efect: "deny" }],
  [{ ...base, effect: "conditional" }],
  [{ ...base, on_fail: "deny" }],
  [{ ...base, approval: {} }],
  [{ ...base, effect: "require_approval", approval: { quorum: 0 } }],
  [{ ...base, effect: "require_approval", approval: { approvers: [] } }],
  [{ ...base, effect: "require_approval", approval: { timeout: 5 } }],
  [{ ...base, agents: [] }],
  [{ ...base, agents: ["a", "a"] }],
  [{ ...base, agents: ["*"] }],
  [{ ...base, enabled: "yes" }],
  [{ ...base, conditions: [] }],
  [{ ...base, conditions: {} }],
  [{ ...base, conditions: [{ any: [] }] }],
  [{ ...base, conditions: [{ all: [{ field: "n", operator: "exists" }], any: [] }] }],
  [{ ...base, conditions: [{ not: [{ field: "n", operator: "exists" }] }] }],
  withLeaf({ field: "n", operator: "less", value: 1 }),
  withLeaf({ field: "n", operator: "lt" }),
  withLeaf({ field: "n", operator: "lt", value: "1" }),
  withLeaf({ field: "n", operator: "exists", value: true }),
  withLeaf({ field: "n", operator: "eq", value: null }),
  withLeaf({ field: "n", operator: "eq", value: [1] }),
  withLeaf({ field: "n", operator: "in", value: [] }),
  withLeaf({ field: "n", operator: "in", value: 1 }),
  withLeaf({ field: "n", operator: "in", value: [1, 1] }),
  withLeaf({ field: "n", operator: "between", value: [1] }),
  withLeaf({ field: "n", operator: "matches", value: "" }),
  withLeaf({ field: "n..x", operator: "exists" }),
  withLeaf({ field: "metadata", operator: "exists" }),
  withLeaf({ field: "data.sensitivity", operator: "exists" }),
  withLeaf({ field: "rate", operator: "exists" }),
  withLeaf({ field: "data.max_sensitivity", operator: "lte", value: "secret" }),
  withLeaf({ field: "data.max_sensitivity", operator: "starts_with", value: "l" }),
  withLeaf({ field: "data.total_count", operator: "lt", value: -1 }),
  withLeaf({ field: "time.hour", operator: "between", value: [8, 24] }),
  withLeaf({ field: "time.hour", operator: "exists" }),
  withLeaf({ field: "time.weekday", operator: "in", value: ["monday"] }),
  withLeaf({ field: "agent.id", operator: "exists" }),
  withLeaf({ field: "agent.name", operator: "eq", value: 1 }),
];

test("what is wrong with a policy, and can be seen, both see", async (t) => {
  const faultsOf = await openHost(t);
  const refused = put.filter(([, taken]) => !taken).map(([file]) => file);
  for (const file of invalid) {
    assert.ok(!validate(file), `the schema takes ${JSON.stringify(file)}`);
    assert.ok(await faultsOf(JSON.stringify(file)), `the kernel takes ${JSON.stringify(file)}`);
  }
  const misspelt = refused.filter((file) => JSON.stringify(file).includes("alow"));
  assert.ok(misspelt.length > 0);
  for (const file of misspelt) assert.ok(!validate(file), JSON.stringify(file));
});

/** A random member or item somewhere in `value`, changed into something else. */
function spoil(r, value) {
  const others = [null, true, 7, -1, 0.5, "", "a", "eq", "high", [], {}, [1, 2], { field: "n" }];
  if (typeof value !== "object" || value === null || r.chance(6)) return r.pick(others);
  const keys = Object.keys(value);
  if (keys.length === 0) return r.pick(others);
  const key = r.pick(keys);
  const copy = structuredClone(value);
  if (r.chance(6)) delete copy[key];
  else copy[key] = spoil(r, value[key]);
  return Array.isArray(copy) ? copy.filter(() => true) : copy;
}

test("the schema refuses nothing that the kernel takes", async (t) => {
  const faultsOf = await openHost(t);
  const seen = { both: 0, kernel: 0, neither: 0 };
  for (let seed = 1; seed <= seeds; ++seed) {
    const r = randomOf(seed);
    const [policy] = caseOf(seed, { actions: 0, place: anywhere }).policies;
    const file = [JSON.parse(canonical(policy))];
    for (const given of [file, spoil(r, file), spoil(r, spoil(r, file))]) {
      const taken = (await faultsOf(JSON.stringify(given))) === undefined;
      const valid = validate(given);
      assert.ok(valid || !taken, `${JSON.stringify(given)}: ${JSON.stringify(validate.errors)}`);
      ++seen[taken ? "neither" : valid ? "kernel" : "both"];
    }
  }
  t.diagnostic(
    `refused by both ${seen.both}, by the kernel alone ${seen.kernel}, taken ${seen.neither}`,
  );
  assert.ok(seen.both > 10 * seen.kernel, "the schema sees little of what the kernel refuses");
});
