import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice, Operator } from "@agentlattice/wasm";
import { misbehave } from "../server/misbehaving.mjs";
import { countedSignal, failure, firstPending, served } from "./house.mjs";

const al_test = "al_test_0123456789abcdef0123456789abcdef";

test("the same calls, over HTTP", async (t) => {
  const { lattice, client } = await served(t);
  const al = client();
  assert.equal(
    (await al.execute("pr.open", { metadata: { pr_size: 12, ü: "\u{1f600}" } })).status,
    "executed",
  );
  assert.equal(
    (await al.execute("pr.open", { metadata: { pr_size: 120 } })).denialReason,
    "CONDITIONS_DENIED",
  );
  await failure(al.gate("drop"), "POLICY_DENIED", "AgentLatticeDeniedError");
  const gate = al.gate("pr.merge");
  const operator = lattice.operator();
  await operator.approve((await firstPending(operator)).approvalId, "fine");
  assert.equal((await gate).approval.reason, "fine");
  assert.equal(
    await al.delegate(
      "r",
      { capabilities: ["read.*"], ttl: 60 },
      async (sub) => (await sub.execute("read.a")).status,
    ),
    "executed",
  );
  assert.deepEqual((await al.delegations()).delegations, []);
  assert.equal((await al.verify()).chainValid, true);
  const events = [];
  for await (const event of al.auditAll({ limit: 3 })) events.push(event);
  assert.ok(events.length > 5);
});

test("an operator over HTTP", async (t) => {
  const { lattice, server, client } = await served(t);
  const { apiKey } = await lattice.operator().registerOperator({ name: "ada", roles: ["owner"] });
  const ada = new Operator({ apiKey, baseUrl: server.url });
  t.after(() => ada.close());
  const gate = client().gate("pr.merge");
  await ada.approve((await firstPending(ada)).approvalId);
  assert.equal((await gate).approval.decidedBy, "ada");
  const error = await failure(
    ada.putPolicy("x", { name: "x", action_type: "a", effect: "alow" }),
    "POLICY_INVALID",
  );
  assert.ok(error.requestId);
  await ada.putPolicy("x", { name: "x", action_type: "a", effect: "allow" });
  assert.equal((await client().execute("a")).status, "executed");
  await ada.deletePolicy("x");
  assert.equal((await client().execute("a")).status, "denied");
});

test("a wrong key is one clear error that does not repeat it", async (t) => {
  const { server } = await served(t);
  const al = new AgentLattice({ apiKey: al_test, baseUrl: server.url });
  t.after(() => al.close());
  const error = await failure(al.whoami(), "UNAUTHENTICATED");
  assert.ok(error.requestId);
  assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(al_test));
});

test("a service that cannot be reached is a connection error after all attempts", async () => {
  const al = new AgentLattice({ apiKey: al_test, baseUrl: "http://127.0.0.1:1", maxAttempts: 1 });
  const error = await failure(
    al.execute("read.a"),
    "CONNECTION_FAILED",
    "AgentLatticeConnectionError",
  );
  assert.equal(error.retryable, true);
  al.close();
  await failure(al.execute("read.a"), "CLOSED");
});

test("requests carry key, content type and an idempotency key, and no credentials option", async () => {
  const seen = [];
  const al = new AgentLattice({
    apiKey: al_test,
    baseUrl: "https://lattice.example/base/",
    fetch: async (url, init) => {
      seen.push({ url, init });
      return Response.json({ status: "executed", audit_event_id: "evt-1" });
    },
  });
  const result = await al.execute("read.a", { metadata: { a_b: "ü\u{1f600}" } });
  assert.deepEqual(result, { status: "executed", auditEventId: "evt-1", conditionsEvaluated: [] });
  const [{ url, init }] = seen;
  assert.equal(url, "https://lattice.example/base/api/v1/actions");
  assert.equal(init.method, "POST");
  assert.ok(!("credentials" in init));
  assert.deepEqual(JSON.parse(init.body), {
    action_type: "read.a",
    metadata: { a_b: "ü\u{1f600}" },
  });
  const headers = new Headers(init.headers);
  assert.equal(headers.get("authorization"), `Bearer ${al_test}`);
  assert.match(headers.get("content-type"), /^application\/json/);
  assert.ok(headers.get("x-al-event-id"));
  al.close();
});

test("chunks that are views on larger buffers are read as what they show", async () => {
  const text = new TextEncoder().encode('{"status":"executed","audit_event_id":"evt-1"}');
  const al = new AgentLattice({
    apiKey: al_test,
    fetch: async () => {
      const large = new Uint8Array(4096).fill(0x21);
      large.set(text, 1000);
      const middle = 1000 + 20;
      return {
        status: 200,
        headers: new Headers(),
        body: new ReadableStream({
          start(controller) {
            controller.enqueue(large.subarray(1000, middle));
            controller.enqueue(new Uint8Array(0));
            controller.enqueue(large.subarray(middle, 1000 + text.length));
            controller.close();
          },
        }),
      };
    },
  });
  assert.equal((await al.execute("read.a")).auditEventId, "evt-1");
  al.close();
});

test("a refused connection is tried again, once per attempt, without a fault of the glue", async () => {
  let attempts = 0;
  const al = new AgentLattice({
    apiKey: al_test,
    maxAttempts: 3,
    fetch: async () => {
      if (++attempts < 3) throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
      return Response.json({ status: "executed", audit_event_id: "evt-1" });
    },
  });
  assert.equal((await al.execute("read.a")).status, "executed");
  assert.equal(attempts, 3);
  al.close();
});

test("an abort ends request, call and listener at once", async (t) => {
  let closed;
  const gone = new Promise((resolve) => (closed = resolve));
  const { controller, signal, counts } = countedSignal();
  const { baseUrl } = await misbehave(t, (request) => {
    request.on("close", closed);
    controller.abort(new Error("enough"));
  });
  const al = new AgentLattice({ apiKey: al_test, baseUrl });
  const call = al.execute("read.a", { signal });
  const error = await failure(call, "ABORTED", "AgentLatticeAbortedError");
  assert.equal(error.cause.message, "enough");
  assert.equal(counts.now, 0);
  await gone;
  await failure(al.execute("read.a", { signal }), "ABORTED", "AgentLatticeAbortedError");
  assert.equal(counts.now, 0);
  al.close();
});

test("hundreds of aborted and restarted requests do not get each other's answers", async () => {
  const al = new AgentLattice({
    apiKey: al_test,
    fetch: async (_, init) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      const { action_type } = JSON.parse(init.body);
      return Response.json({ status: "executed", audit_event_id: action_type });
    },
  });
  await al.execute("warm.up");
  const calls = Array.from({ length: 400 }, async (_, n) => {
    const signal = AbortSignal.timeout(1 + (n % 4));
    const result = await al.execute(`n.x${n}`, n % 2 ? { signal } : {}).catch((error) => error);
    if (result.code === "ABORTED") return false;
    assert.equal(result.auditEventId, `n.x${n}`);
    return true;
  });
  const settled = await Promise.all(calls);
  assert.ok(settled.filter(Boolean).length >= 200);
  al.close();
});

test("closing rejects what is open", async (t) => {
  const { baseUrl } = await misbehave(t, () => {});
  const al = new AgentLattice({ apiKey: al_test, baseUrl });
  const call = al.execute("read.a");
  setTimeout(() => al.close(), 20);
  await failure(call, "CLOSED");
});
