import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { serve } from "@agentlattice/wasm/node";
import { eventually, failure, openLattice } from "./house.mjs";

async function serving(t, handler, options) {
  const server = await serve(handler, options);
  t.after(() => server.close({ graceMs: 0 }));
  return server;
}

test("a handler gets standard requests and its response is sent as it is", async (t) => {
  const { url } = await serving(t, async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers({ "x-seen": request.headers.get("x-asked") });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response(`${request.method} ${pathname}${search} ${await request.text()}`, {
      status: 201,
      headers,
    });
  });
  const response = await fetch(`${url}/a%20b?c=d`, {
    method: "POST",
    body: "ü".repeat(100_000),
    headers: { "x-asked": "yes" },
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-seen"), "yes");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(await response.text(), `POST /a%20b?c=d ${"ü".repeat(100_000)}`);
  const head = await fetch(url, { method: "HEAD", headers: { "x-asked": "yes" } });
  assert.equal(head.status, 201);
  assert.equal(await head.text(), "");
});

test("a path of two slashes does not become another host", async (t) => {
  const { url, port } = await serving(t, (request) => new Response(request.url));
  const request = httpRequest({ port, host: "127.0.0.1", path: "//evil.example/x" }).end();
  const [response] = await once(request, "response");
  const chunks = await response.toArray();
  assert.equal(Buffer.concat(chunks).toString(), `${url}//evil.example/x`);
});

test("a handler that throws is a 500 with an envelope, and the server goes on", async (t) => {
  const { url } = await serving(t, () => {
    throw new Error("broken");
  });
  for (let n = 0; n < 2; ++n) {
    const response = await fetch(url, { method: "POST", body: "x" });
    assert.equal(response.status, 500);
    assert.deepEqual(await response.json(), { error: { code: "INTERNAL", message: "broken" } });
  }
});

test("a client that disconnects aborts its request's signal", async (t) => {
  let signal;
  const { port } = await serving(t, (request) => {
    signal = request.signal;
    return new Promise(() => {});
  });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await eventually(() => signal);
  assert.equal(signal.aborted, false);
  socket.destroy();
  await eventually(() => signal.aborted);
});

test("what answers nothing is not served, and a port that is none is refused", async () => {
  for (const args of [[], [{}], [null], ["x"], [{ fetch: "x" }, {}]])
    assert.match((await failure(serve(...args), "INVALID_ARGUMENT")).message, /an open Lattice/);
  for (const port of [-1, 65536])
    await failure(
      serve(() => new Response(), { port }),
      "INVALID_ARGUMENT",
    );
});

test("an address that is taken is an error", async (t) => {
  const { port } = await serving(t, () => new Response());
  await assert.rejects(
    serve(() => new Response(), { port }),
    { code: "EADDRINUSE" },
  );
  await assert.rejects(
    serve(() => new Response(), { prot: 1 }),
    { code: "INVALID_ARGUMENT" },
  );
});

test("a lattice answers bad requests with an envelope, a code and a request id", async (t) => {
  const lattice = await openLattice(t);
  const { apiKey } = await lattice.registerAgent({ name: "a" });
  const { url } = await serving(t, lattice);
  const json = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const post = (body, headers = json) => ({ method: "POST", body, headers });
  const table = [
    ["/api/v1/whoami", {}, 401, "UNAUTHENTICATED"],
    ["/api/v1/nowhere", { headers: json }, 404, "NOT_FOUND"],
    ["/elsewhere", { headers: json }, 404, "NOT_FOUND"],
    ["/api/v1/actions", { headers: json }, 405, "METHOD_NOT_ALLOWED"],
    ["/api/v1/actions", { method: "PATCH", headers: json }, 405, "METHOD_NOT_ALLOWED"],
    [
      "/api/v1/actions",
      post("{}", { ...json, "content-type": "text/plain" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["/api/v1/actions", post("{"), 400, "MALFORMED_JSON"],
    [
      "/api/v1/actions",
      post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])),
      400,
      "MALFORMED_JSON",
    ],
    ["/api/v1/actions", post('{"action_type":"a","action_type":"b"}'), 400, undefined],
    ["/api/v1/actions", post('{"action_type":"a","actoin":1}'), 400, "INVALID_REQUEST"],
    [
      "/api/v1/actions",
      post(`{"action_type":"a","metadata":{"x":"${"x".repeat(2 << 20)}"}}`),
      413,
      "BODY_TOO_LARGE",
    ],
    [
      "/api/v1/actions",
      post(`{"action_type":"a","metadata":{"x":"${"x".repeat(9 << 20)}"}}`),
      413,
      "BODY_TOO_LARGE",
    ],
  ];
  for (const [path, init, status, code] of table) {
    const response = await fetch(url + path, init);
    assert.equal(response.status, status, path);
    const { error } = await response.json();
    if (code) assert.equal(error.code, code, path);
    assert.ok(error.message, path);
    assert.ok(response.headers.get("x-request-id"), `${path} ${code}`);
    assert.match(response.headers.get("content-type"), /^application\/json/);
  }
});

test("closing ends idle connections and breaks off what is under way", async () => {
  const server = await serve(() => new Promise(() => {}));
  const hanging = fetch(server.url).catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await server.close({ graceMs: 20 });
  assert.ok((await hanging) instanceof Error);
  await assert.rejects(fetch(server.url));
});
