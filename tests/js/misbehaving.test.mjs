import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { faults, good, misbehave } from "../server/misbehaving.mjs";
import { failure } from "./house.mjs";

const apiKey = "al_test_0123456789abcdef0123456789abcdef";

/** Calls against one fault, until it gives up. */
async function against(t, fault, options = {}, call = {}) {
  const { baseUrl, seen } = await misbehave(t, fault);
  const al = new AgentLattice({
    apiKey,
    baseUrl,
    maxAttempts: 1,
    requestTimeoutMs: 5000,
    ...options,
  });
  t.after(() => al.close());
  const error = await al.execute("read.a", call).then(
    (result) => assert.fail(`a permission: ${JSON.stringify(result)}`),
    (reason) => reason,
  );
  assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(apiKey));
  return { error, seen, al };
}

const patience = { requestTimeoutMs: 150 };
const expected = {
  hangUp: ["CONNECTION_FAILED"],
  reset: ["CONNECTION_FAILED"],
  noHttp: ["CONNECTION_FAILED"],
  halfHead: ["CONNECTION_FAILED"],
  halfBody: ["CONNECTION_FAILED"],
  halfChunks: ["CONNECTION_FAILED"],
  lengthTooShort: ["PROTOCOL_ERROR"],
  lengthTooLong: ["REQUEST_TIMEOUT", patience],
  lengthTwice: ["CONNECTION_FAILED"],
  silence: ["REQUEST_TIMEOUT", patience],
  slowBytes: ["REQUEST_TIMEOUT", patience],
  garbage: ["PROTOCOL_ERROR"],
  noUtf8: ["PROTOCOL_ERROR"],
  empty: ["PROTOCOL_ERROR"],
  cutShort: ["PROTOCOL_ERROR"],
  deep: ["PROTOCOL_ERROR"],
  page: ["PROTOCOL_ERROR"],
  duplicateKeys: ["PROTOCOL_ERROR"],
  unknownStatus: ["PROTOCOL_ERROR"],
  wrongTypes: ["PROTOCOL_ERROR"],
  executedAndPending: ["PROTOCOL_ERROR"],
  redirect: ["PROTOCOL_ERROR"],
  huge: ["CONNECTION_FAILED"],
  storm: ["LEDGER_UNAVAILABLE"],
  gateway: ["INTERNAL"],
};

for (const [fault, [code, options]] of Object.entries(expected)) {
  test(`${fault} is ${code}, never a permission`, async (t) => {
    const { error } = await against(t, faults[fault], options);
    assert.equal(error.code, code, error.stack);
  });
}

test("an answer that says so itself is JSON, whatever its content type", async (t) => {
  const { baseUrl } = await misbehave(t, faults.contentType);
  const al = new AgentLattice({ apiKey, baseUrl });
  t.after(() => al.close());
  assert.equal((await al.execute("read.a")).status, "executed");
});

test("a service that recovers is tried again with the same idempotency key", async (t) => {
  const { baseUrl, seen } = await misbehave(t, (request, response, n) =>
    n === 0 ? faults.reset(request, response) : response.end(JSON.stringify(good)),
  );
  const al = new AgentLattice({ apiKey, baseUrl, maxAttempts: 2 });
  t.after(() => al.close());
  assert.equal((await al.execute("read.a")).status, "executed");
  const ids = seen.requests.map((headers) => headers["x-al-event-id"]);
  assert.equal(ids.length, 2);
  assert.ok(ids[0]);
  assert.equal(ids[0], ids[1]);
});

test("a storm of failures is not answered by a storm of repetitions", async (t) => {
  const { baseUrl, seen } = await misbehave(t, faults.storm);
  const al = new AgentLattice({ apiKey, baseUrl, maxAttempts: 3 });
  t.after(() => al.close());
  const calls = Array.from({ length: 100 }, () =>
    failure(al.execute("read.a"), "LEDGER_UNAVAILABLE"),
  );
  await Promise.all(calls);
  assert.ok(seen.requests.length < 200, `${seen.requests.length} requests for 100 calls`);
});

test("retry-after is honoured in seconds and as a date", async (t) => {
  for (const fault of ["limitedSeconds", "limitedDate"]) {
    const { baseUrl, seen } = await misbehave(t, (request, response, n) =>
      n === 0 ? faults[fault](request, response) : response.end(JSON.stringify(good)),
    );
    const al = new AgentLattice({ apiKey, baseUrl });
    const since = performance.now();
    assert.equal((await al.execute("read.a")).status, "executed");
    assert.ok(performance.now() - since > 400, fault);
    assert.equal(seen.requests.length, 2);
    al.close();
  }
});

test("a retry-after beyond the call's limit fails at once and says how long", async (t) => {
  const call = { timeoutMs: 60_000 };
  const { error, seen } = await against(t, faults.limitedForYears, { maxAttempts: 3 }, call);
  assert.equal(error.code, "RATE_LIMITED");
  assert.equal(error.retryable, true);
  assert.equal(error.requestId, "req-1");
  assert.ok(error.retryAfterMs > 60_000);
  assert.equal(seen.requests.length, 1);
});

test("an absurd retry-after without a limit does not wait for years either", async (t) => {
  const { error } = await against(t, faults.limitedForYears, { maxAttempts: 3 });
  assert.equal(error.code, "RATE_LIMITED");
});

test("a retry-after that is nonsense is as none", async (t) => {
  const { seen } = await against(t, faults.limitedNonsense, { maxAttempts: 2 });
  assert.equal(seen.requests.length, 2);
});

test("an abort during the wait for the next attempt ends it at once", async (t) => {
  const { baseUrl, seen } = await misbehave(t, faults.limitedSeconds);
  const al = new AgentLattice({ apiKey, baseUrl });
  t.after(() => al.close());
  const since = performance.now();
  await failure(
    al.execute("read.a", { signal: AbortSignal.timeout(200) }),
    "ABORTED",
    "AgentLatticeAbortedError",
  );
  assert.ok(performance.now() - since < 900);
  assert.equal(seen.requests.length, 1);
});
