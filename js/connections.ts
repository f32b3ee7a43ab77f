// Sockets that somebody opened to the events of a lattice.

import type { Kernel } from "./kernel.js";

/** A standard WebSocket, at the server's end, which is open: of the package `ws`, of Deno, of a Worker's WebSocketPair. */
export interface ServerSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close" | "error", listener: () => void): void;
  /** Bytes that were sent and have not left. Where it is missing, they are taken to have. */
  readonly bufferedAmount?: number;
}

/** There is no event for "all has left": how often to look. */
const flush_poll_ms = 20;
/** RFC 6455, 7.4.1. */
const unsupportedData = 1003;
const goingAway = 1001;

interface Connection {
  readonly socket: ServerSocket;
  flushing: boolean;
}

export class Connections {
  readonly #open = new Map<number, Connection>();
  #numbers = 0;

  /** Takes a socket into the care of the lattice. */
  add(kernel: Kernel, socket: ServerSocket): void {
    const number = ++this.#numbers;
    const over = (): void => {
      if (this.#open.delete(number)) kernel.inform("hungUp", number);
    };
    this.#open.set(number, { socket, flushing: false });
    socket.addEventListener("message", ({ data }) => {
      if (!this.#open.has(number)) return;
      if (typeof data === "string") kernel.inform("received", number, data);
      else {
        over();
        close(socket, unsupportedData, "text frames only");
      }
    });
    socket.addEventListener("close", over);
    socket.addEventListener("error", over);
    try {
      kernel.call("connect", number);
    } catch (error) {
      this.#open.delete(number);
      throw error;
    }
  }

  /** The kernel has something to say. */
  send(kernel: Kernel, number: number, text: string): void {
    const connection = this.#open.get(number);
    if (connection === undefined) return;
    try {
      connection.socket.send(text);
    } catch {
      // It is on its way to its end, which will be told.
    }
    if (connection.flushing) return;
    connection.flushing = true;
    // Not from within the kernel's callback, and once for all that is said in one turn.
    queueMicrotask(() => this.#flush(kernel, number, connection));
  }

  /** The kernel has no more to say. */
  hangUp(number: number, code: number, reason: string): void {
    const connection = this.#open.get(number);
    this.#open.delete(number);
    if (connection !== undefined) close(connection.socket, code, reason);
  }

  /** The lattice is gone. */
  end(): void {
    for (const number of [...this.#open.keys()]) this.hangUp(number, goingAway, "");
  }

  #flush(kernel: Kernel, number: number, connection: Connection): void {
    if (!this.#open.has(number)) return;
    if ((connection.socket.bufferedAmount ?? 0) > 0) {
      setTimeout(() => this.#flush(kernel, number, connection), flush_poll_ms);
      return;
    }
    connection.flushing = false;
    kernel.inform("flushed", number);
  }
}

function close(socket: ServerSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The standard lets scripts give 1000 and 3000–4999 only; some runtimes hold servers to that too.
    socket.close();
  }
}
