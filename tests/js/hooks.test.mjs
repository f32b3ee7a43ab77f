import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { faults, good, misbehave } from "../server/misbehaving.mjs";
import { failure, openLattice, served } from "./house.mjs";

const apiKey = "al_test_0123456789abcdef0123456789abcdef";

/** A service that fails `times` times, and a client that writes down what its hooks are told. */
async function watched(t, times, options = {}) {
  const told = [];
  const { baseUrl } = await misbehave(t, (request, response, n) =>
    n < times
      ? faults.storm(request, response)
      : response.setHeader("x-request-id", `req-${n}`).end(JSON.stringify(good)),
  );
  const hooks = {
    onRequest: (attempt) => told.push(["request", attempt]),
    onResponse: (attempt, outcome) => told.push(["response", attempt, outcome]),
    onRetry: (attempt, delayMs) => told.push(["retry", attempt, delayMs]),
  };
  const al = new AgentLattice({ apiKey, baseUrl, hooks, ...options });
  t.after(() => al.close());
  return { al, told, baseUrl };
}

test("hooks are told of each attempt, with one object for each", async (t) => {
  const { al, told } = await watched(t, 1);
  await al.execute("read.a", { eventId: "e1" });
  assert.deepEqual(
    told.map(([what]) => what),
    ["request", "response", "retry", "request", "response"],
  );
  const [, [, first, failed], [, second, delayMs], , [, same, answered]] = told;
  const common = { method: "POST", path: "/api/v1/actions", eventId: "e1" };
  assert.deepEqual(first, { ...common, attempt: 1 });
  assert.deepEqual(second, { ...common, attempt: 2 });
  assert.equal(same, second);
  assert.equal(failed.status, 503);
  assert.equal(answered.requestId, "req-1");
  assert.ok(answered.durationMs >= 0 && delayMs >= 0);
  told.length = 0;
  await al.execute("read.a", { eventId: "e1" });
  assert.equal(told[0][1].attempt, 1, "the same event id in a call of its own is a first attempt");
});

test("a request that reads is recognised when it is repeated, and not confused with the next", async (t) => {
  const { al, told } = await watched(t, 1);
  await al.posture({ agent: "a" });
  await al.posture({ agent: "a" });
  assert.deepEqual(
    told.filter(([what]) => what === "request").map(([, { attempt }]) => attempt),
    [1, 2, 1],
  );
  assert.equal(told[0][1].path, "/api/v1/posture?agent=a");
});

test("requests that look the same and run at once keep their own counts", async (t) => {
  const { al, told } = await watched(t, 3);
  await Promise.all([al.whoami(), al.whoami(), al.whoami()]);
  const attempts = told.filter(([what]) => what === "request").map(([, { attempt }]) => attempt);
  assert.deepEqual(attempts, [1, 1, 1, 2, 2, 2]);
  assert.equal(told.filter(([what]) => what === "retry").length, 3);
});

test("a hook not applied to a sub-agent", async (t) => {
  const { client } = await served(t);
  const told = [];
  const al = client({ hooks: { onRequest: ({ method, path }) => told.push(`${method} ${path}`) } });
  await al.delegate("sub", { capabilities: ["read.a"], ttl: 60 }, async (sub) => {
    await sub.execute("read.a");
    await sub.delegate("below", { capabilities: ["read.a"], ttl: 60 }, (below) =>
      below.gate("read.a"),
    );
  });
  const paths = told.map((line) => line.replace(/del-[^/]+/, "id"));
  assert.deepEqual(paths, [
    "POST /api/v1/delegations",
    "POST /api/v1/actions",
    "POST /api/v1/delegations",
    "POST /api/v1/actions",
    "DELETE /api/v1/delegations/id",
    "DELETE /api/v1/delegations/id",
  ]);
});

test("what tells attempts apart does not leave the process", async (t) => {
  const sent = [];
  const plain = [];
  const { baseUrl } = await misbehave(t, (request, response) => {
    sent.push(...Object.keys(request.headers));
    response.end(JSON.stringify(good));
  });
  const fetch = (...args) => {
    plain.push(args.length);
    return globalThis.fetch(...args);
  };
  for (const options of [{}, { fetch }, { fetch, hooks: {} }]) {
    const al = new AgentLattice({ apiKey, baseUrl, ...options });
    await al.execute("read.a");
    al.close();
  }
  assert.ok(sent.includes("x-al-event-id") && !sent.includes("x-al-attempt"), sent.join());
  assert.deepEqual(plain, [2, 2]);
});

test("an attempt without a response says why, and never the key", async () => {
  const outcomes = [];
  const lines = [];
  const al = new AgentLattice({
    apiKey,
    maxAttempts: 1,
    fetch: async (_, { headers }) => {
      throw new TypeError(`a bad header: ${headers.authorization}`);
    },
    hooks: { onResponse: (_, outcome) => outcomes.push(outcome) },
    logger: { debug: (line) => lines.push(line), info() {}, warn: (line) => lines.push(line) },
  });
  await failure(al.execute("read.a"), "CONNECTION_FAILED", "AgentLatticeConnectionError");
  assert.match(outcomes[0].failure, /a bad header: Bearer \[key\]/);
  assert.equal(outcomes[0].status, undefined);
  assert.ok(!JSON.stringify([outcomes, lines]).includes(apiKey));
  al.close();
});

for (const [how, broken] of Object.entries({
  throw: () => {
    throw new Error("broken");
  },
  reject: () => Promise.reject(new Error("broken")),
})) {
  test(`hooks and loggers that ${how} break nothing`, async (t) => {
    const unhandled = [];
    const listener = (reason) => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    t.after(() => process.off("unhandledRejection", listener));
    const hooks = { onRequest: broken, onResponse: broken, onRetry: broken };
    const logger = { debug: broken, info: broken, warn: broken };
    for (const options of [{ hooks }, { hooks, logger }]) {
      const { al } = await watched(t, 1, options);
      assert.equal((await al.execute("read.a")).status, "executed");
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
  });
}

test("a logger reads what happens, line by line", async (t) => {
  const lines = [];
  const write = (level) => (line) => lines.push(`${level} ${line.replace(/\d+ ms/g, "n ms")}`);
  const logger = { debug: write("debug"), info: write("info"), warn: write("warn") };
  const { al } = await watched(t, 1, { logger, hooks: undefined });
  await al.execute("read.a");
  assert.deepEqual(lines, [
    "debug agentlattice: POST /api/v1/actions",
    "debug agentlattice: POST /api/v1/actions: 503 in n ms, request unnamed",
    "warn agentlattice: POST /api/v1/actions (attempt 2): trying again after n ms",
    "debug agentlattice: POST /api/v1/actions (attempt 2)",
    "debug agentlattice: POST /api/v1/actions (attempt 2): 200 in n ms, request req-1",
  ]);
});

test("the response that an answer came in can be had", async (t) => {
  const { client } = await served(t);
  const al = client();
  const many = Array.from({ length: 30 }, (_, n) => al.audit({ limit: n + 1 }).withResponse());
  const [{ data, response }, acted] = await Promise.all([
    al.whoami().withResponse(),
    al.execute("read.a").withResponse(),
    ...many,
  ]);
  assert.equal(data.name, "remote");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-request-id"), response.requestId);
  assert.equal(acted.data.status, "executed");
  assert.deepEqual(acted.data.conditionsEvaluated, []);
  const ids = (await Promise.all(many)).map((answer) => answer.response.requestId);
  assert.equal(new Set([...ids, response.requestId]).size, 31, "each has its own");
});

test("withResponse of a call that fails rejects once, and counts as handled", async (t) => {
  const { client } = await served(t);
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  await failure(client().gate("drop").withResponse(), "POLICY_DENIED", "AgentLatticeDeniedError");
  const lattice = await openLattice(t);
  await failure(lattice.agent("a").whoami().withResponse(), "INVALID_ARGUMENT");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unhandled, []);
});
