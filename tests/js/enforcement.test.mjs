import assert from "node:assert/strict";
import { test } from "node:test";
import { Operator } from "@agentlattice/wasm";
import { eventually, failure, openLattice, served } from "./house.mjs";

const strict = { breaker: { denialPercent: 100, minimumCount: 2 } };

test("settings have the façade's names, are complete when read, and defaults where left out", async (t) => {
  const owner = (await openLattice(t)).operator();
  const before = await owner.settings();
  assert.equal(before.breaker.denialPercent, 0);
  assert.equal(before.anomalies.calibrationHours, 168);
  const after = await owner.putSettings(strict);
  assert.deepEqual(after, {
    ...before,
    breaker: { ...before.breaker, denialPercent: 100, minimumCount: 2 },
  });
  assert.deepEqual(await owner.settings(), after);
  assert.deepEqual(await owner.putSettings({}), before);
});

test("settings that nobody knows are refused, all at once; other operators and agents may not see them", async (t) => {
  const lattice = await openLattice(t);
  const owner = lattice.operator();
  const wrong = { breaker: { denialPercents: 1, probesMax: 99 }, anomalies: 3, more: {} };
  const error = await failure(owner.putSettings(wrong), "INVALID_REQUEST");
  assert.deepEqual(error.details.faults.map(({ pointer }) => pointer).sort(), [
    "/anomalies",
    "/breaker/denial_percents",
    "/breaker/probes_max",
    "/more",
  ]);
  await failure(lattice.operator("ada").settings(), "FORBIDDEN");
});

test("an open circuit denies, tells, and is closed by an operator, also over a network", async (t) => {
  const { lattice, server, client } = await served(t);
  const owner = lattice.operator();
  await owner.putSettings(strict);
  const heard = [];
  lattice.onEvent((event) => heard.push(event));
  const al = client();
  for (let i = 0; i < 2; i++) assert.equal((await al.execute("drop")).status, "denied");
  const { cbState, agentId } = await al.whoami();
  assert.equal(cbState, "open");
  assert.equal((await al.execute("read.a")).denialReason, "CIRCUIT_OPEN");
  await eventually(() => heard.some(({ eventType }) => eventType === "enforcement.triggered"));
  const { data } = heard.find(({ eventType }) => eventType === "enforcement.triggered");
  assert.deepEqual(
    [data.from, data.state, data.reason, data.observed],
    ["closed", "open", "denials", 2],
  );

  const { apiKey } = await owner.registerOperator({ name: "eve" });
  const eve = new Operator({ apiKey, baseUrl: server.url });
  t.after(() => eve.close());
  await eve.resumeAgent(agentId);
  assert.equal((await al.whoami()).cbState, "closed");
  assert.equal((await al.execute("read.a")).status, "executed");
});

test("an anomaly is told, with its numbers", async (t) => {
  const lattice = await openLattice(t);
  await lattice
    .operator()
    .putSettings({ anomalies: { calibrationActions: 1, calibrationHours: 0 } });
  const heard = [];
  lattice.onEvent((event) => heard.push(event));
  const al = lattice.agent("odd");
  await al.execute("read.a");
  await al.execute("read.b");
  await eventually(() => heard.some(({ eventType }) => eventType === "anomaly.detected"));
  const { data, agentId } = heard.find(({ eventType }) => eventType === "anomaly.detected");
  assert.equal(agentId, (await al.whoami()).agentId);
  assert.equal(data.kind, "unusual_action_type");
  assert.equal(data.severity, 40);
  const { components } = await al.posture();
  assert.equal(components.anomalyFrequency.score, 0);
  assert.equal(components.anomalyFrequency.rows.against.length, 1);
});
