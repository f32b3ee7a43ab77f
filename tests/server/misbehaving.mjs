// A service that misbehaves on purpose: a real HTTP and WebSocket server on loopback, and the ways in which it goes wrong.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { WebSocketServer } from "ws";

/** What a good service would have said. */
export const good = { status: "executed", audit_event_id: "evt-1", conditions_evaluated: [] };

const json = (response, status, body, headers = {}) =>
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(typeof body === "string" ? body : JSON.stringify(body));

/** Writes past Node's own idea of HTTP. */
const raw = (response, text) => response.socket.end(text);
const head = (length) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const limited = (retryAfter) => (_, response) =>
  json(
    response,
    429,
    { error: { code: "RATE_LIMITED", message: "slower" } },
    { "retry-after": retryAfter, "x-request-id": "req-1" },
  );

/** Each answers one request. */
export const faults = {
  hangUp: (_, response) => response.socket.destroy(),
  reset: (_, response) => response.socket.resetAndDestroy(),
  noHttp: (_, response) => raw(response, "SSH-2.0-OpenSSH_9.2\r\n"),
  halfHead: (_, response) => raw(response, "HTTP/1.1 200 OK\r\ncontent-ty"),
  halfBody: (_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write(JSON.stringify(good));
    setTimeout(() => response.socket?.destroy(), 10);
  },
  halfChunks: (_, response) => {
    response.write(JSON.stringify(good));
    setTimeout(() => response.socket?.destroy(), 10);
  },
  lengthTooShort: (_, response) => raw(response, `${head(20)}${JSON.stringify(good)}`),
  lengthTooLong: (_, response) => response.socket.write(`${head(1000)}${JSON.stringify(good)}`),
  lengthTwice: (_, response) =>
    raw(
      response,
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 900\r\n\r\n${JSON.stringify(good)}`,
    ),
  silence: () => {},
  slowBytes: (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    let sent = 0;
    const timer = setInterval(() => response.write(JSON.stringify(good)[sent++] ?? " "), 20);
    response.on("close", () => clearInterval(timer));
  },
  garbage: (_, response) => json(response, 200, "\u0000\ufffd}{ not json"),
  noUtf8: (_, response) => response.end(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
  empty: (_, response) => json(response, 200, ""),
  cutShort: (_, response) => json(response, 200, '{"status":"executed"'),
  deep: (_, response) => json(response, 200, "[".repeat(100_000)),
  page: (_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in first</html>"),
  contentType: (_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(JSON.stringify(good)),
  duplicateKeys: (_, response) =>
    json(response, 200, '{"status":"denied","status":"executed","audit_event_id":"evt-1"}'),
  unknownStatus: (_, response) => json(response, 200, { ...good, status: "surely" }),
  wrongTypes: (_, response) => json(response, 200, { ...good, status: true }),
  executedAndPending: (_, response) => json(response, 202, { ...good, approval_id: "apr-1" }),
  redirect: (_, response) => response.writeHead(302, { location: "/elsewhere" }).end(),
  huge: (_, response) => {
    const megabyte = Buffer.alloc(1 << 20, 0x20);
    const more = () => {
      while (!response.destroyed && response.write(megabyte));
    };
    response.on("drain", more);
    more();
  },
  storm: (_, response) =>
    json(response, 503, { error: { code: "LEDGER_UNAVAILABLE", message: "later" } }),
  gateway: (_, response) =>
    response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>"),
  limitedSeconds: limited("1"),
  limitedDate: (request, response) =>
    limited(new Date(Date.now() + 1500).toUTCString())(request, response),
  limitedForYears: limited("315360000"),
  limitedNonsense: limited("soon"),
};

/**
 * Serves on loopback; `answer(request, response, n)` takes the n-th request, the first is 0, and `sockets(socket, n)` each
 * WebSocket. Ends with the test.
 */
export async function misbehave(t, answer, sockets = (socket) => socket.terminate()) {
  const seen = { requests: [], sockets: 0 };
  const server = createServer((request, response) => {
    // A client that gives up is what these tests are about.
    response.on("error", () => {});
    answer(request, response, seen.requests.push(request.headers) - 1);
  });
  const upgrades = new WebSocketServer({ server, path: "/api/v1/events" });
  upgrades.on("connection", (socket) => {
    socket.on("error", () => {});
    sockets(socket, seen.sockets++);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of upgrades.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${server.address().port}`, seen };
}

/** A way to `target` that can be cut: `cut()` destroys all connections that lead through it, wherever they are in their talk. */
export async function cuttable(t, target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  const server = createTcpServer((near) => {
    const far = connectTcp(Number(port), hostname);
    open.add(near);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  t.after(() => {
    cut();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${server.address().port}`, cut };
}
