// A lattice in a Cloudflare Durable Object: its ledger in the object's storage, its deadlines as the object's alarms, its
// events on the object's WebSockets.

import { Lattice, type LatticeOptions } from "../lattice.js";
import { type DurableObjectStorageLike, DurableObjectStore } from "../stores/durable-object.js";
import type { SocketTaker } from "./upgrade.js";

export { type DurableObjectStorageLike, DurableObjectStore } from "../stores/durable-object.js";

/** What is used of a Durable Object's `ctx`. */
export interface DurableObjectStateLike {
  readonly storage: DurableObjectStorageLike & {
    getAlarm(): Promise<number | null>;
    setAlarm(at: number): Promise<void>;
  };
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/** The store and the deadlines are the object's business. */
export type DurableLatticeOptions = Omit<LatticeOptions, "store" | "onDeadline">;

const eventsPath = "/api/v1/events";

/**
 * One organisation's lattice in one Durable Object.
 *
 * ```js
 * export class Organisation extends DurableObject {
 *   constructor(ctx, env) {
 *     super(ctx, env);
 *     this.durable = new DurableLattice(ctx, { policies });
 *   }
 *   fetch(request) { return this.durable.fetch(request); }
 *   alarm() { return this.durable.alarm(); }
 * }
 * ```
 */
export class DurableLattice {
  readonly #opening: Promise<Lattice>;
  readonly #storage: DurableObjectStateLike["storage"];
  /** When the object will be woken, as far as is known here. */
  #alarmAt: number | null = null;
  #deadline: number | null = null;

  /** Opens the lattice; nothing else reaches the object before that is done. */
  constructor(state: DurableObjectStateLike, options: DurableLatticeOptions = {}) {
    this.#storage = state.storage;
    this.#opening = state.blockConcurrencyWhile(async () => {
      this.#alarmAt = await this.#storage.getAlarm();
      const store = new DurableObjectStore(this.#storage);
      return Lattice.open({ ...options, store, onDeadline: (at) => this.#ask(at) });
    });
    // Whoever asks for it is told; until then nobody is.
    this.#opening.catch(() => {});
  }

  /** Rejects with what {@link Lattice.open} failed with. */
  get lattice(): Promise<Lattice> {
    return this.#opening;
  }

  /** The wire API, and WebSockets at `/api/v1/events`. */
  async fetch(request: Request): Promise<Response> {
    const lattice = await this.#opening;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      return lattice.fetch(request);
    if (new URL(request.url).pathname !== eventsPath) {
      const message = `there is no WebSocket here; ${eventsPath} is one`;
      return Response.json({ error: { code: "NOT_FOUND", message } }, { status: 404 });
    }
    return upgrade(lattice);
  }

  /** For the object's `alarm()`: ends what is due, and asks for the next one. */
  async alarm(): Promise<void> {
    this.#alarmAt = null;
    const lattice = await this.#opening;
    lattice.wake();
    this.#ask(this.#deadline);
  }

  /** An alarm that comes too early is harmless, so it is only ever moved forward: few writes for many calls. */
  #ask(at: number | null): void {
    this.#deadline = at;
    if (at === null || (this.#alarmAt !== null && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    // Not awaited: the platform orders it before whatever leaves the object. One that fails resets the object.
    void this.#storage.setAlarm(at);
  }
}

/** What a Worker has instead of an upgrade event. */
declare const WebSocketPair: new () => {
  readonly 0: WebSocket;
  readonly 1: WebSocket & { accept(): void };
};

function upgrade(lattice: SocketTaker): Response {
  const pair = new WebSocketPair();
  pair[1].accept();
  lattice.connect(pair[1]);
  return new Response(null, { status: 101, webSocket: pair[0] } as ResponseInit);
}
