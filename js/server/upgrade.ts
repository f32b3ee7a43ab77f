// WebSockets on Node's HTTP server, with the package `ws`.

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { ServerSocket } from "../connections.js";

/** What takes sockets; a Lattice does. */
export interface SocketTaker {
  connect(socket: ServerSocket): void;
}

const eventsPath = "/api/v1/events";
/** As much as a client's frame may have, and a little more, so that the kernel is who refuses it. */
const frameBytesMax = 128 * 1024;

/** Whether a request with the header Upgrade asks for a WebSocket. One that offers another protocol (h2c) is as any other. */
export const asksForWebSocket = ({ headers }: IncomingMessage): boolean =>
  /(^|,)\s*websocket\s*(,|$)/i.test(headers.upgrade ?? "");

/** The sockets of one server. */
export class Upgrades {
  readonly #taker: SocketTaker | undefined;
  readonly #open = new Set<WebSocket>();
  /** Theirs, and those that were refused: the server's own list has them no more, and it waits for them. */
  readonly #sockets = new Set<Duplex>();
  #server: Promise<WebSocketServer> | undefined;

  /** Without a taker every upgrade is refused. */
  constructor(taker: SocketTaker | undefined) {
    this.#taker = taker;
  }

  /** Node's `upgrade` event. */
  async take(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A socket that breaks meanwhile is nobody's loss.
    socket.on("error", () => {});
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (!asksForWebSocket(incoming)) {
      const message = `the header Upgrade may say "websocket" here; send the request without it (curl: --http1.1)`;
      refuse(socket, 400, "INVALID_REQUEST", message);
      return;
    }
    const taker = this.#taker;
    const path = incoming.url?.split("?")[0];
    if (taker === undefined || path !== eventsPath || incoming.method !== "GET") {
      refuse(socket, 404, "NOT_FOUND", `there is no WebSocket here; ${eventsPath} may be one`);
      return;
    }
    try {
      this.#server ??= start();
      const server = await this.#server;
      server.handleUpgrade(incoming, socket, head, (opened) => this.#opened(taker, opened));
    } catch (error) {
      refuse(
        socket,
        501,
        "NOT_IMPLEMENTED",
        error instanceof Error ? error.message : "no WebSocket",
      );
    }
  }

  /** Says goodbye to all, and breaks off those that do not answer within `graceMs`. */
  close(graceMs: number): void {
    for (const socket of this.#open) socket.close(1001, "the server is closing");
    const breakOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    breakOff.unref();
  }

  #opened(taker: SocketTaker, socket: WebSocket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    try {
      taker.connect(socket as unknown as ServerSocket);
    } catch (error) {
      socket.close(1011, error instanceof Error ? error.message.slice(0, 100) : "");
    }
  }
}

async function start(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws").catch((cause: unknown) => {
    throw new Error('realtime events need the package "ws": run "npm install ws"', { cause });
  });
  return new WebSocketServer({
    noServer: true,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
  });
}

function refuse(socket: Duplex, status: number, code: string, message: string): void {
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  // The other side may never close its half, and what it goes on to say is nothing to us.
  socket.resume();
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
