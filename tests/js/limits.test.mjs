// Calls do not wait longer for what the application promised than they may: a key, a module, a checkpoint.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { misbehave } from "../server/misbehaving.mjs";
import { countedSignal, failure, openLattice } from "./house.mjs";

const apiKey = "al_test_0123456789abcdef0123456789abcdef";
const baseUrl = "http://127.0.0.1:9";
const never = () => new Promise(() => {});

/** `call` must end by each limit, with its error. `client` makes a client that hangs in it. */
async function keepsToLimits(client, call, missing) {
  const al = client();
  const late = await failure(
    call(al, { timeoutMs: 30 }),
    "DEADLINE_EXCEEDED",
    "AgentLatticeConnectionError",
  );
  assert.match(late.message, /^the call's time is over, and /);
  assert.match(late.message, missing);
  assert.equal(late.retryable, true);

  const { controller, signal, counts } = countedSignal();
  const aborted = call(al, { signal, timeoutMs: 60_000 });
  setTimeout(() => controller.abort("enough"), 10);
  const error = await failure(aborted, "ABORTED", "AgentLatticeAbortedError");
  assert.equal(error.cause, "enough");
  assert.equal(counts.now, 0);
  await failure(call(al, { signal }), "ABORTED", "AgentLatticeAbortedError");
  assert.equal(counts.now, 0);

  const open = call(al, {});
  setTimeout(() => al.close(), 10);
  await failure(open, "CLOSED");
  await failure(call(al, {}), "CLOSED");
}

const execute = (al, options) => al.execute("read.a", options);
const verify = (al, options) => al.verify(options);

test("a key that does not come", () =>
  keepsToLimits(() => new AgentLattice({ apiKey: never, baseUrl }), execute, /no key/));

test("a module that does not come", () =>
  keepsToLimits(() => new AgentLattice({ apiKey, baseUrl, wasm: never() }), verify, /no module/));

test("a subscription that waits for its key ends with its client", async () => {
  const al = new AgentLattice({ apiKey: never, baseUrl, WebSocket: class {} });
  const subscribing = al.subscribe(null, () => {});
  al.close();
  await failure(subscribing, "CLOSED");
});

for (const [what, checkpoints] of Object.entries({
  read: { get: never, set() {} },
  kept: { get: () => null, set: never },
})) {
  test(`a checkpoint that is not ${what}`, async (t) => {
    const lattice = await openLattice(t);
    await keepsToLimits(() => lattice.agent("a", { checkpoints }), verify, new RegExp(what));
  });
}

test("the kernel gets the time that is left", async (t) => {
  const { baseUrl, seen } = await misbehave(t, () => {});
  const slowKey = () => new Promise((resolve) => setTimeout(resolve, 300, apiKey));
  const al = new AgentLattice({ apiKey: slowKey, baseUrl });
  t.after(() => al.close());
  const since = performance.now();
  const call = al.execute("read.a", { timeoutMs: 500 });
  await failure(call, "DEADLINE_EXCEEDED", "AgentLatticeConnectionError");
  assert.ok(performance.now() - since < 750, "the time began anew");
  assert.equal(seen.requests.length, 1);
});

test("a time that no timer can count is no time at all", async (t) => {
  const lattice = await openLattice(t);
  const result = await lattice.agent("a").execute("read.a", { timeoutMs: 2 ** 40 });
  assert.equal(result.status, "executed");
});
