// Realtime over sockets that break, and services that talk nonsense on them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { WebSocket } from "ws";
import { cuttable, misbehave } from "../server/misbehaving.mjs";
import { eventually, failure, served } from "./house.mjs";

const events_count = 100_000;
const events_per_cut = 5_000;
const calls_at_once = 200;
const apiKey = "al_test_0123456789abcdef0123456789abcdef";

test("sockets that are cut again and again lose nothing, repeat nothing, and keep the order", async (t) => {
  const { lattice, server } = await served(t);
  const operator = await lattice.operator().registerOperator({ name: "ada", roles: [] });
  const { baseUrl, cut } = await cuttable(t, server.url);
  const al = new AgentLattice({ apiKey: operator.apiKey, baseUrl, WebSocket });
  t.after(() => al.close());
  const busy = lattice.agent("busy");
  await busy.whoami();

  const seqs = [];
  let cuts = 0;
  const subscription = await al.subscribe(
    null,
    ({ seq }) => {
      seqs.push(seq);
      if (seqs.length % events_per_cut === 0) {
        ++cuts;
        cut();
      }
    },
    { events: ["action.executed"] },
  );
  for (let n = 0; n < events_count; n += calls_at_once)
    await Promise.all(Array.from({ length: calls_at_once }, () => busy.execute("read.a")));
  while (seqs.length < events_count) await new Promise((resolve) => setTimeout(resolve, 50));
  subscription.unsubscribe();

  const first = seqs[0];
  assert.equal(seqs.length, events_count);
  // Nothing else was written meanwhile: the rows follow each other.
  assert.ok(seqs.every((seq, index) => seq === first + index));
  assert.ok(cuts >= events_count / events_per_cut - 1);
});

/** What a service says on its n-th socket, after it was asked for events. */
const talk = (say) => (socket, n) => socket.once("message", (text) => say(socket, n, String(text)));
const frame = (value) => JSON.stringify(value);
const readyAfter = (seq) => frame({ type: "ready", org_id: "org-1", seq });
const ready = readyAfter(10);
const event = (seq) =>
  frame({
    type: "event",
    seq,
    event_type: "action.denied",
    agent_id: "",
    timestamp: "2026-01-01T00:00:00.000Z",
    data: { a_b: seq },
  });

async function listening(t, sockets) {
  const { baseUrl, seen } = await misbehave(t, (_, response) => response.end(), sockets);
  const al = new AgentLattice({ apiKey, baseUrl, WebSocket });
  t.after(() => al.close());
  const seqs = [];
  const subscribed = al.subscribe(null, ({ seq, data }) => seqs.push([seq, data.a_b]));
  return { seqs, seen, subscribed };
}

test("the key goes into the first frame and not into the URL", async (t) => {
  const frames = [];
  const { subscribed } = await listening(
    t,
    talk((socket, _, text) => {
      frames.push(JSON.parse(text));
      socket.send(ready);
    }),
  );
  await subscribed;
  assert.equal(frames[0].token, apiKey);
  assert.equal(frames[0].after, null);
});

test("a new socket asks for what is missing, and what is repeated is dropped", async (t) => {
  const asked = [];
  const { seqs, subscribed } = await listening(
    t,
    talk((socket, n, text) => {
      const { after } = JSON.parse(text);
      asked.push(after);
      socket.send(readyAfter(after ?? 10));
      for (const seq of n === 0 ? [11, 12] : [11, 12, 12, 13]) socket.send(event(seq));
      if (n === 0) socket.close();
    }),
  );
  await subscribed;
  await eventually(() => seqs.length === 3);
  assert.deepEqual(seqs, [
    [11, 11],
    [12, 12],
    [13, 13],
  ]);
  assert.deepEqual(asked, [null, 12]);
});

for (const [what, nonsense] of Object.entries({
  "no JSON": "{ half",
  "a binary frame": Buffer.from([1, 2, 3]),
  "an event without a number": frame({ type: "event", data: {} }),
  "an event before ready": event(11),
})) {
  test(`${what} is never an event; the socket is given up and another one tried`, async (t) => {
    const { seqs, seen, subscribed } = await listening(
      t,
      talk((socket, n) => {
        if (n > 0) socket.send(ready);
        socket.send(n === 0 ? nonsense : event(11));
      }),
    );
    await subscribed;
    await eventually(() => seqs.length === 1);
    assert.equal(seen.sockets, 2);
    assert.deepEqual(seqs, [[11, 11]]);
  });
}

test("an error that another try would meet again ends the subscription with it", async (t) => {
  const error = { code: "UNAUTHENTICATED", message: "no such key" };
  const { subscribed, seen } = await listening(
    t,
    talk((socket) => {
      socket.send(frame({ type: "error", error }));
      socket.close(1008);
    }),
  );
  await failure(subscribed, "UNAUTHENTICATED");
  assert.equal(seen.sockets, 1);
});

test("a service without WebSockets is tried again, until the caller has enough", async (t) => {
  const { baseUrl } = await misbehave(
    t,
    (_, response) => response.end(),
    (socket) => socket.terminate(),
  );
  const al = new AgentLattice({ apiKey, baseUrl, WebSocket });
  t.after(() => al.close());
  await failure(
    al.subscribe(null, () => {}, { signal: AbortSignal.timeout(200) }),
    "ABORTED",
    "AgentLatticeAbortedError",
  );
});
