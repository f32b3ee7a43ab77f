import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { AgentLattice, Lattice, Operator } from "@agentlattice/wasm";
import { failure, openLattice, storeOf } from "./house.mjs";

const key = "al_test_0123456789abcdef0123456789abcdef";
const invalid = (message) => ({ name: "AgentLatticeError", code: "INVALID_ARGUMENT", message });

test("the constructor is synchronous and does nothing but check", () => {
  let fetched = 0;
  new AgentLattice({ apiKey: key, wasm: "http://127.0.0.1:1/none.wasm", fetch: () => ++fetched });
  assert.equal(fetched, 0);
});

test("a missing key, a bad URL, an unknown or mistyped option are refused", () => {
  const table = [
    [{}, /"apiKey" is missing/],
    [{ apiKey: " " }, /"apiKey" is missing/],
    [{ apiKey: 3 }, /"apiKey" must be a string, or a function/],
    [{ apiKey: key, baseUrl: "localhost:3000" }, /"baseUrl" must be an http\(s\) URL/],
    [{ apiKey: key, baseUrl: "https://user:pass@example.com" }, /"baseUrl" must be/],
    [{ apiKey: key, basUrl: "https://example.com" }, /takes no option "basUrl"/],
    [{ apiKey: key, base_url: "https://a.example", baseUrl: "https://b.example" }, /given twice/],
    [{ apiKey: key, maxAttempts: "3" }, /"maxAttempts" must be an integer/],
    [{ apiKey: key, maxAttempts: 0 }, /"maxAttempts" must be from 1 to 100/],
    [{ apiKey: key, maxAttempts: 101 }, /"maxAttempts" must be/],
    [{ apiKey: key, longPollSeconds: -1 }, /"longPollSeconds" must be/],
    [{ apiKey: key, longPollSeconds: 56 }, /"longPollSeconds" must be/],
    [{ apiKey: key, requestTimeoutMs: 0 }, /"requestTimeoutMs" must be/],
    [{ apiKey: key, gate_poll_timeout_ms: -5 }, /"gatePollTimeoutMs" must be/],
    [{ apiKey: key, gatePollIntervalMs: 0 }, /"gatePollIntervalMs" must be/],
    [{ apiKey: key, lattice: {} }, /"lattice" must be an open Lattice/],
  ];
  for (const [options, message] of table) {
    assert.throws(() => new AgentLattice(options), invalid(message));
    assert.throws(() => new Operator(options), invalid(message));
  }
});

test("the kernel takes what the constructor takes, from end to end", async (t) => {
  const lattice = await openLattice(t);
  const times = ["gatePollTimeoutMs", "gatePollIntervalMs", "requestTimeoutMs"];
  for (const [ms, maxAttempts, longPollSeconds] of [
    [1, 1, 0],
    [Number.MAX_SAFE_INTEGER, 100, 55],
  ]) {
    const options = { maxAttempts, longPollSeconds };
    for (const time of times) options[time] = ms;
    assert.equal((await lattice.agent("a", options).whoami()).name, "a");
  }
});

test("the names of the Python SDK are taken too", () => {
  const al = new AgentLattice({
    api_key: key,
    base_url: "https://example.com/",
    gate_poll_timeout_ms: 1,
    gate_poll_interval_ms: 1,
  });
  assert.match(inspect(al), /https:\/\/example\.com"/);
});

test("the key appears in no inspection", async (t) => {
  const lattice = await openLattice(t);
  const { apiKey } = await lattice.registerAgent({ name: "keyed" });
  for (const al of [
    new AgentLattice({ apiKey: key }),
    new AgentLattice({ apiKey, lattice }),
    new Operator({ apiKey: key }),
  ]) {
    const shown =
      inspect(al, { depth: 9, showHidden: true }) +
      JSON.stringify(al) +
      String(al) +
      Object.keys(al);
    assert.ok(!shown.includes(key) && !shown.includes(apiKey), shown);
  }
  assert.match(
    inspect(new AgentLattice({ apiKey: key })),
    /^AgentLattice \{ baseUrl: "https:\/\/agentlattice\.com", … \}$/,
  );
});

test("calls refuse unknown options, wrong kinds and empty names", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("strict");
  const table = [
    [() => al.execute("read.a", { metdata: {} }), /execute takes no option "metdata"/],
    [() => al.gate("read.a", { timeoutMs: 0 }), /"timeoutMs" must be a positive number/],
    [() => al.execute("read.a", { eventId: 7 }), /"eventId" must be a string/],
    [() => al.execute("read.a", { eventId: "" }), /"eventId" must not be empty/],
    [() => al.gate("read.a", { event_id: "" }), /"eventId" must not be empty/],
    [() => al.execute("read.a", { event_id: "a", eventId: "b" }), /given twice/],
    [() => al.execute("read.a", { signal: {} }), /"signal" must be an AbortSignal/],
    [() => al.execute("read.a", { metadata: { n: 1n } }), /is no JSON/],
    [() => al.execute("read.a", "metadata"), /the options must be an object/],
    [() => al.execute(""), /the action type must be a string/],
    [() => al.delegate("x", { ttl: 60 }), /"capabilities" is missing/],
    [() => al.delegate("x", { capabilities: ["read.a"] }), /"ttl" is missing/],
    [
      () => al.delegate("x", { capabilities: "read.a", ttl: 60 }),
      /"capabilities" must be an array of strings/,
    ],
    [() => al.revoke(""), /must be a string of one line/],
    [() => al.revoke("a\nb"), /must be a string of one line/],
    [() => AgentLattice.parallel("no"), /must be an array/],
    [() => Lattice.open({ store: {} }), /"store" must be a ledger store.* no function "open"/],
    [() => Lattice.open({ store: { ...storeOf([]), append: 1 } }), /no function "append"/],
    [() => Lattice.open({ polices: [] }), /Lattice.open takes no option "polices"/],
  ];
  for (const [call, message] of table) {
    const error = await failure(call(), "INVALID_ARGUMENT");
    assert.match(error.message, message);
  }
});

test("data_accessed and event_id mean what dataAccessed and eventId mean", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("snake");
  const first = await al.execute("read.a", {
    data_accessed: [{ type: "source_code", count: 5 }],
    event_id: "e1",
  });
  const second = await al.execute("read.a", {
    dataAccessed: [{ type: "source_code", count: 5 }],
    eventId: "e1",
  });
  assert.equal(second.auditEventId, first.auditEventId);
  await failure(al.execute("read.a", { eventId: "e1" }), "IDEMPOTENCY_MISMATCH");
});
