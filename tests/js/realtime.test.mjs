import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { AgentLattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { WebSocket } from "ws";
import { countedSignal, eventually, failure, openLattice, served } from "./house.mjs";

/** An embedded agent, and one over a socket: what follows holds for both. */
async function each(t, body) {
  const lattice = await openLattice(t);
  await body(lattice.agent("inside"), lattice);
  const far = await served(t);
  await body(far.client({ WebSocket }), far.lattice);
}

test("a subscription hears what happens, in order, until it is ended", (t) =>
  each(t, async (al) => {
    const { orgId } = await al.whoami();
    const seen = [];
    const subscription = await al.subscribe(orgId, (event) => seen.push(event));
    await al.execute("read.a", { metadata: { some_key: 1 } });
    await al.execute("drop");
    await eventually(() => seen.length === 2);
    assert.deepEqual(
      seen.map(({ eventType, data }) => [eventType, data.action_type]),
      [
        ["action.executed", "read.a"],
        ["action.denied", "drop"],
      ],
    );
    assert.ok(seen[0].seq < seen[1].seq);
    assert.match(seen[0].agentId, /^agt-|^[0-9a-f-]+$/);
    subscription.unsubscribe();
    subscription.unsubscribe();
    await subscription.closed;
    await al.execute("read.b");
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(seen.length, 2);
  }));

test("filters by type, and an operator's by agent, under the names of the Python SDK, too", (t) =>
  each(t, async (al, lattice) => {
    const { agentId } = await al.whoami();
    const denied = [];
    const mine = [];
    await al.subscribe(null, (event) => denied.push(event), { events: ["action.denied"] });
    const operator = lattice.operator();
    await operator.subscribe(null, (event) => mine.push(event), { agent_filter: agentId });
    await lattice.agent("other").execute("drop");
    await al.execute("read.a");
    await al.execute("drop");
    await eventually(() => denied.length === 1 && mine.length === 2);
    assert.ok([...denied, ...mine].every((event) => event.agentId === agentId));
    await al.unsubscribe();
    await operator.unsubscribe();
    await al.execute("drop");
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([denied.length, mine.length], [1, 2]);
  }));

test("a loop gets what came after a row, then what comes, and ends with break", (t) =>
  each(t, async (al) => {
    const results = [];
    for (let n = 0; n < 5; ++n) results.push(await al.execute("read.a", { metadata: { n } }));
    const first = (await al.audit({ limit: 500 })).events.find(
      (event) => event.auditEventId === results[0].auditEventId,
    );
    const ids = [];
    for await (const event of al.events({ events: ["action.executed"], after: first.rowId })) {
      ids.push(event.data.audit_event_id);
      if (ids.length === 4) results.push(await al.execute("read.b"));
      if (ids.length === 5) break;
    }
    assert.deepEqual(
      ids,
      results.slice(1).map((result) => result.auditEventId),
    );
  }));

test("a loop that is slow holds the events back, and misses none", (t) =>
  each(t, async (al) => {
    const count = 1500;
    const events = al.events({ events: ["action.executed"] });
    const first = events.next();
    while (true) {
      // Until the channel is there, nothing is heard.
      await al.execute("read.a", { metadata: { n: -1 } });
      if (await Promise.race([first.then(() => true), new Promise((r) => setTimeout(r, 5))])) break;
    }
    let expected = (await first).value.seq;
    for (let n = 0; n < count; n += 100)
      await Promise.all(Array.from({ length: 100 }, () => al.execute("read.a")));
    const last = (await al.audit({ limit: 1 })).events[0].rowId;
    for await (const { seq } of events) {
      assert.equal(seq, ++expected);
      if (seq === last) break;
    }
  }));

test("a signal ends a subscription and a loop, and leaves no listener", (t) =>
  each(t, async (al) => {
    const { controller, signal, counts } = countedSignal();
    const subscription = await al.subscribe(null, () => {}, { signal });
    const loop = (async () => {
      for await (const _ of al.events({ signal }));
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort("enough");
    const error = await failure(loop, "ABORTED", "AgentLatticeAbortedError");
    assert.equal(error.cause, "enough");
    await failure(subscription.closed, "ABORTED", "AgentLatticeAbortedError");
    assert.equal(counts.now, 0);
    await failure(
      al.subscribe(null, () => {}, { signal }),
      "ABORTED",
      "AgentLatticeAbortedError",
    );
  }));

test("what nobody can subscribe to is an error that says so", (t) =>
  each(t, async (al) => {
    await assert.rejects(
      al.subscribe(null, () => {}, { events: ["action.denid"] }),
      /action\.denid/,
    );
    await assert.rejects(
      al.subscribe("another-org", () => {}),
      { name: "AgentLatticeError" },
    );
    await failure(al.subscribe(null), "INVALID_ARGUMENT");
    await failure(
      al.subscribe(null, () => {}, { agentId: "a", agentFilter: "a" }),
      "INVALID_ARGUMENT",
    );
    await assert.rejects(al.events({ after: 1e9 }).next(), { name: "AgentLatticeError" });
  }));

test("closing a client or a lattice ends its subscriptions, and says so", (t) =>
  each(t, async (al, lattice) => {
    const subscription = await al.subscribe(null, () => {});
    const loop = al.events().next();
    const host = lattice.onEvent(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    al.close();
    await failure(subscription.closed, "CLOSED");
    await failure(loop, "CLOSED");
    await failure(
      al.subscribe(null, () => {}),
      "CLOSED",
    );
    await lattice.close();
    await failure(host.closed, "CLOSED");
    assert.throws(() => lattice.onEvent(() => {}), { code: "CLOSED" });
  }));

/** A far agent, and a way to act twice and then end its channel by an error, all of which arrives together. */
async function brokenOff(t) {
  const { lattice, server } = await served(t);
  const host = lattice.operator();
  const { apiKey, agentId, keyId } = await host.registerAgent({ name: "far" });
  const al = new AgentLattice({ apiKey, baseUrl: server.url, WebSocket });
  t.after(() => al.close());
  const near = lattice.agent("far");
  await near.execute("read.a");
  const end = () =>
    Promise.all([near.execute("read.b"), near.execute("read.c"), host.revokeKey(agentId, keyId)]);
  return { al, end };
}

test("what came before the channel ended by an error is heard, and then the error", async (t) => {
  const { al, end } = await brokenOff(t);
  const heard = [];
  const { closed } = await al.subscribe(null, ({ data }) => heard.push(data.action_type));
  closed.catch(({ code }) => heard.push(code));
  await end();
  await failure(closed, "UNAUTHENTICATED");
  assert.deepEqual(heard, ["read.b", "read.c", "UNAUTHENTICATED"]);
});

test("who has ended a subscription hears nothing more, whatever has arrived", async (t) => {
  const controller = new AbortController();
  const ways = [
    (_, subscription) => subscription.unsubscribe(),
    (al) => al.unsubscribe(),
    (al) => al.close(),
    () => controller.abort(),
  ];
  for (const way of ways) {
    const { al, end } = await brokenOff(t);
    const heard = [];
    const listener = ({ data }) => {
      heard.push(data.action_type);
      way(al, subscription);
    };
    const { signal } = controller;
    const subscription = await al.subscribe(null, listener, { signal });
    await end();
    await subscription.closed.catch(() => {});
    assert.deepEqual(heard, ["read.b"]);
  }
});

test("a wrong key ends a subscription before it begins", async (t) => {
  const { server } = await served(t);
  const al = new AgentLattice({ apiKey: "al_test_wrong", baseUrl: server.url, WebSocket });
  t.after(() => al.close());
  await failure(
    al.subscribe(null, () => {}),
    "UNAUTHENTICATED",
  );
});

test("without a WebSocket the error says what to do", {
  skip: "WebSocket" in globalThis,
}, async (t) => {
  const { client } = await served(t);
  const error = await failure(
    client().subscribe(null, () => {}),
    "INVALID_ARGUMENT",
  );
  assert.match(error.message, /"ws"/);
});

test("a listener that throws is reported, and the others go on", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const seen = [];
  lattice.onEvent(() => {
    throw new Error("a listener broke");
  });
  lattice.onEvent((event) => seen.push(event.seq));
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const uncaught = once(process, "uncaughtException");
  await al.execute("read.a");
  const [error] = await uncaught;
  for (const listener of listeners) process.on("uncaughtException", listener);
  assert.equal(error.message, "a listener broke");
  assert.equal(seen.length, 1);
});

test("a listener may call back in", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const answers = [];
  lattice.onEvent(async ({ eventType, data }) => {
    if (eventType !== "approval.requested") return;
    answers.push(await lattice.operator().approve(data.approval.approval_id));
  });
  assert.equal((await al.gate("pr.merge")).status, "executed");
  await eventually(() => answers.length === 1);
});

/** A connection whose client never closes its half, after a request with the header Upgrade. */
function upgrading(t, url, path, protocol) {
  const { hostname: host, port } = new URL(url);
  const socket = connectTcp({ host, port: Number(port), allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n` +
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  return socket;
}

test("upgrades go to the events, and nowhere else", async (t) => {
  const { lattice, server } = await served(t);
  const upgrade = async (url, path) => {
    const [answer] = await once(upgrading(t, url, path, "websocket"), "data");
    return String(answer).split("\r\n")[0];
  };
  assert.match(await upgrade(server.url, "/api/v1/events"), /101/);
  assert.match(await upgrade(server.url, "/elsewhere"), /404/);
  const bare = await serve(lattice.fetch);
  t.after(() => bare.close({ graceMs: 0 }));
  assert.match(await upgrade(bare.url, "/api/v1/events"), /404/);
});

test("a server that refused an upgrade closes, whatever the client does with its half", async () => {
  const server = await serve(() => new Response());
  const sockets = ["/", "/elsewhere"].map((path) =>
    upgrading({ after() {} }, server.url, path, "websocket"),
  );
  try {
    await Promise.all(sockets.map((socket) => once(socket.resume(), "end")));
    const closed = server.close({ graceMs: 10_000 }).then(() => "closed");
    const late = new Promise((resolve) => setTimeout(resolve, 2000, "late").unref());
    assert.equal(await Promise.race([closed, late]), "closed");
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test("an offer of another protocol is not taken up: the request is answered, or says what to leave out", async (t) => {
  const { server } = await served(t);
  const [answer] = await once(upgrading(t, server.url, "/api/v1/whoami", "h2c"), "data");
  const [major, minor] = process.versions.node.split(".").map(Number);
  const asked = major > 24 || (major === 24 && minor >= 9) || (major === 22 && minor >= 21);
  assert.match(String(answer), asked ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 400 .*header Upgrade/s);
});
