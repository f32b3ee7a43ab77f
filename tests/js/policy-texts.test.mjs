// Policies as JSON text: what a parsed value has lost, the kernel still sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { failure } from "./house.mjs";

const open = async (t, policies) => {
  const lattice = await Lattice.open({ policies });
  t.after(() => lattice.close());
  return lattice;
};
const beyondDoubles = `[{"name":"exact","action_type":"pay","effect":"allow",
  "conditions":[{"field":"cents","operator":"eq","value":9007199254740993}]}]`;

test("a file can be given as its text or as a value", async (t) => {
  const file = { policies: [{ name: "r", action_type: "read", effect: "allow" }] };
  for (const given of [file, JSON.stringify(file), JSON.stringify(file.policies, null, 2)]) {
    const lattice = await open(t, given);
    assert.equal((await lattice.agent("bot").execute("read")).policyName, "r");
  }
});

test("a name that stands twice is refused, where a value has lost it", async () => {
  const text = '[{"name":"r","action_type":"read","effect":"deny","effect":"allow"}]';
  const error = await failure(Lattice.open({ policies: text }), "MALFORMED_JSON");
  assert.match(error.message, /effect/);
});

test("a number keeps its 64 bits", async (t) => {
  const lattice = await open(t, beyondDoubles);
  const [{ digest }] = (await lattice.operator().policies()).policies;
  const { changed } = await lattice.operator().replacePolicies(beyondDoubles);
  assert.equal(changed, 0);
  await lattice.operator().replacePolicies(JSON.parse(beyondDoubles));
  assert.notEqual((await lattice.operator().policies()).policies[0].digest, digest);
});

test("one policy can be put as text", async (t) => {
  const lattice = await open(t);
  const host = lattice.operator();
  const text = '{"name":"r","action_type":"read","effect":"allow"}';
  assert.equal((await host.putPolicy("r", text)).name, "r");
  await failure(host.putPolicy("r", text.replace("}", ',"name":"r"}')), "MALFORMED_JSON");
});

test("what is no JSON, or nothing, changes nothing", async (t) => {
  const lattice = await open(t, beyondDoubles);
  const host = lattice.operator();
  await failure(host.replacePolicies("{"), "MALFORMED_JSON");
  for (const answer of [
    host.replacePolicies("policies.json"),
    Lattice.open({ policies: "policies.json" }),
  ])
    assert.match((await failure(answer, "INVALID_ARGUMENT")).message, /not a file's path/);
  await failure(host.replacePolicies(""), "INVALID_ARGUMENT");
  await failure(host.replacePolicies(" \n"), "INVALID_ARGUMENT");
  await failure(host.putPolicy("r", '{"name":"\ud800"}'), "INVALID_ARGUMENT");
  await failure(Lattice.open({ policies: "" }), "INVALID_ARGUMENT");
  await failure(Lattice.open({ policies: 7 }), "INVALID_ARGUMENT");
  assert.equal((await host.policies()).policies.length, 1);
});
