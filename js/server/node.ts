// A fetch handler on Node's HTTP server.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invalidArgument } from "../errors.js";
import { readOptions } from "../options.js";
import { asksForWebSocket, type SocketTaker, Upgrades } from "./upgrade.js";

export { FileCheckpointStore } from "../stores/file-checkpoints.js";

/** A standard fetch handler; `lattice.fetch` is one. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

export interface ServeOptions {
  /** Default: 0, any free one. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: `127.0.0.1`, which only this machine can reach. */
  readonly host?: string | undefined;
}

export interface HttpServer extends AsyncDisposable {
  /** For instance `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, lets what is under way finish for up to `graceMs` (default: 1000), then breaks it off. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Serves a lattice, or any fetch handler, over HTTP/1.1. A lattice's realtime events are served too, where the package `ws`
 * is installed. Rejects where the address cannot be had.
 */
export async function serve(
  handler: FetchHandler | ({ readonly fetch: FetchHandler } & Partial<SocketTaker>),
  options: ServeOptions = {},
): Promise<HttpServer> {
  const { port = 0, host = "127.0.0.1" } = readOptions("serve", options, {
    port: "integer",
    host: "string",
  });
  if (typeof handler !== "function" && typeof handler?.fetch !== "function")
    throw invalidArgument("serve: the first argument must be an open Lattice or a fetch handler");
  if (port < 0 || port > 65535) throw invalidArgument('serve: "port" must be from 0 to 65535');
  const answer: FetchHandler =
    typeof handler === "function" ? handler : (request) => handler.fetch(request);
  // Known to Node.js 22.21 and 24.9. Earlier ones, for which Upgrades refuses the rest, upgrade whatever has the header.
  const upgrading: object = { shouldUpgradeCallback: asksForWebSocket };
  const server = createServer(upgrading, (incoming, outgoing) => {
    void exchange(answer, url, incoming, outgoing);
  });
  const upgrades = new Upgrades("connect" in handler ? (handler as SocketTaker) : undefined);
  server.on("upgrade", (incoming, socket, head) => void upgrades.take(incoming, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const url = `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  const close = ({ graceMs = 1000 }: { readonly graceMs?: number } = {}): Promise<void> =>
    new Promise((resolve) => {
      const breakOff = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(breakOff);
        resolve();
      });
      server.closeIdleConnections();
      upgrades.close(graceMs);
    });
  return { url, port: address.port, close, [Symbol.asyncDispose]: () => close() };
}

async function exchange(
  handler: FetchHandler,
  origin: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished)
      gone.abort(new DOMException("the client disconnected", "AbortError"));
  });
  try {
    await send(await handler(requestOf(incoming, origin, gone.signal)), incoming, outgoing);
  } catch (error) {
    if (gone.signal.aborted || outgoing.destroyed) return;
    if (outgoing.headersSent) return void outgoing.destroy();
    const message = error instanceof Error ? error.message : String(error);
    outgoing.writeHead(500, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: { code: "INTERNAL", message } }));
  } finally {
    // What the handler did not read is thrown away, so that the connection can be used again.
    incoming.resume();
  }
}

function requestOf(incoming: IncomingMessage, origin: string, signal: AbortSignal): Request {
  const { method = "GET", url: target = "/" } = incoming;
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] as string, incoming.rawHeaders[index + 1] as string);
  }
  // A target in absolute form, or "*", is no path; "//host/path" must not become another origin.
  const url = origin + (target.startsWith("/") ? target : `/${target}`);
  const init: RequestInit & { duplex?: "half" } = { method, headers, signal };
  if (method !== "GET" && method !== "HEAD") {
    init.body = bodyOf(incoming);
    init.duplex = "half";
  }
  return new Request(url, init);
}

/**
 * The body as a stream that reads no faster than it is read. Not Readable.toWeb: there, a reader who has seen enough
 * would break the connection, and with it the answer.
 */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  let over = false;
  const once = (end: () => void) => (): void => {
    if (!over) end();
    over = true;
  };
  return new ReadableStream({
    start(controller) {
      incoming.on("data", (chunk: Buffer) => {
        if (over) return;
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.once(
        "end",
        once(() => controller.close()),
      );
      incoming.once(
        "close",
        once(() => controller.error(new Error("the client disconnected"))),
      );
      incoming.once(
        "error",
        once(() => controller.error(new Error("the client disconnected"))),
      );
      incoming.pause();
    },
    pull() {
      incoming.resume();
    },
    cancel() {
      over = true;
      incoming.resume();
    },
  });
}

async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    outgoing,
  );
}
