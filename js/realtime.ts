// Realtime subscriptions of one client: events to a function, or to a loop.

import { onAbort } from "./abort.js";
import type { Channel, ChannelSink } from "./boundary.js";
import { abortedError, invalidArgument } from "./errors.js";
import { EventStream } from "./event-stream.js";
import { type Kind, readOptions } from "./options.js";
import type { GovernanceEvent } from "./types.js";
import { fromWire } from "./wire-names.js";

/** Which events, and from where on. */
export interface SubscribeOptions {
  /** Event types, for instance `["action.denied"]`. Default: all. One that does not exist is an error. */
  readonly events?: readonly string[] | undefined;
  /** Only what this agent did. */
  readonly agentId?: string | undefined;
  readonly agent_id?: string | undefined;
  /** The name of `agentId` in the Python SDK. */
  readonly agentFilter?: string | undefined;
  readonly agent_filter?: string | undefined;
  /** The `seq` of the last event that is known: what came after it is sent first. Default: only what comes from now on. */
  readonly after?: number | undefined;
  /** Ends the subscription when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** As {@link SubscribeOptions}; `orgId` may be left out, a key belongs to one organisation. */
export interface EventsOptions extends SubscribeOptions {
  readonly orgId?: string | undefined;
  readonly org_id?: string | undefined;
}

/** A subscription that is open. */
export interface Subscription extends Disposable {
  /** Resolves after `unsubscribe`; rejects with what ended it otherwise. Nobody needs to look at it. */
  readonly closed: Promise<void>;
  /** Ends it: nothing is delivered afterwards. Harmless when it has ended. */
  unsubscribe(): void;
  /** The same. */
  close(): void;
}

/** The wire's first frame, in the façade's names. */
export interface EventFilter {
  readonly orgId: string | null;
  readonly events: readonly string[] | null;
  readonly agentId: string | null;
  readonly after: number | null;
}

/** @internal Opens a channel of the client. */
export type OpenChannel = (
  filter: EventFilter,
  sink: ChannelSink,
  signal: AbortSignal | undefined,
) => Channel | Promise<Channel>;

const known: Readonly<Record<string, Kind>> = {
  orgId: "string",
  events: "strings",
  agentId: "string",
  agentFilter: "string",
  after: "integer",
  signal: "object",
};

export class Realtime {
  readonly #openChannel: OpenChannel;
  readonly #open = new Set<Live>();

  constructor(openChannel: OpenChannel) {
    this.#openChannel = openChannel;
  }

  /** Resolves when events flow. */
  async subscribe(
    orgId: string | null | undefined,
    listener: (event: GovernanceEvent) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    if (typeof listener !== "function")
      throw invalidArgument("subscribe: the second argument must be a function that takes events");
    const { filter, signal } = read("subscribe", { ...options, orgId: orgId ?? undefined });
    const live = this.#deliver(filter, signal, listener);
    await live.ready;
    return live.handle;
  }

  /** All that happens from now on, where a channel opens at once. */
  on(listener: (event: GovernanceEvent) => void): Subscription {
    return this.#deliver(read("onEvent", {}).filter, undefined, listener).handle;
  }

  /** Begins with the first `next()`. */
  events(options?: EventsOptions): EventStream {
    const { filter, signal } = read("events", options);
    return new EventStream((push) => this.#listen(filter, signal, push));
  }

  /** Ends all of them, with an error where their client ends. */
  unsubscribe(error?: unknown): void {
    for (const live of [...this.#open]) live.end(error);
  }

  #deliver(
    filter: EventFilter,
    signal: AbortSignal | undefined,
    listener: (event: GovernanceEvent) => void,
  ): Live {
    const live = this.#listen(filter, signal, (json) => {
      const event = fromWire(JSON.parse(json)) as GovernanceEvent;
      // After whatever runs now, so that a listener may call back in.
      queueMicrotask(() => {
        if (!live.unwanted) deliver(listener, event);
      });
    });
    return live;
  }

  #listen(
    filter: EventFilter,
    signal: AbortSignal | undefined,
    event: (json: string) => void,
  ): Live {
    const live = new Live(event, signal);
    this.#open.add(live);
    live.handle.closed.catch(() => {}).finally(() => this.#open.delete(live));
    void live.open(this.#openChannel, filter);
    return live;
  }
}

/** One subscription, from its beginning to its end. */
export class Live implements ChannelSink {
  readonly ready: Promise<void>;
  readonly handle: Subscription;
  ended = false;
  readonly event: (json: string) => void;
  readonly #signal: AbortSignal | undefined;
  #unwanted = false;
  #channel: Channel | undefined;
  #stop: (() => void) | undefined;
  #isReady: () => void = () => {};
  #close: (error?: unknown) => void = () => {};

  constructor(event: (json: string) => void, signal?: AbortSignal) {
    this.#signal = signal;
    this.event = (json) => {
      if (!this.ended) event(json);
    };
    const closed = new Promise<void>((resolve, reject) => {
      this.#close = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.ready = new Promise<void>((resolve, reject) => {
      this.#isReady = resolve;
      closed.then(resolve, reject);
    });
    closed.catch(() => {});
    this.ready.catch(() => {});
    const end = (): void => this.end();
    this.handle = { closed, unsubscribe: end, close: end, [Symbol.dispose]: end };
  }

  async open(openChannel: OpenChannel, filter: EventFilter): Promise<void> {
    const signal = this.#signal;
    try {
      if (signal?.aborted) throw abortedError(signal);
      if (signal !== undefined) this.#stop = onAbort(signal, () => this.end(abortedError(signal)));
      const opening = openChannel(filter, this, signal);
      this.#channel = opening instanceof Promise ? await opening : opening;
      if (this.ended) this.#channel.unsubscribe();
    } catch (error) {
      this.end(error);
    }
  }

  /** Whether the application ended it; then nothing that came before counts. */
  get unwanted(): boolean {
    return this.#unwanted || this.#signal?.aborted === true;
  }

  channel(state: "ready" | "reconnecting" | "ended", error: unknown): void {
    if (state === "ready") this.#isReady();
    if (state === "ended") this.#end(error);
  }

  pause(): void {
    this.#channel?.pause();
  }

  resume(): void {
    this.#channel?.resume();
  }

  /** By the application's wish. */
  end(error?: unknown): void {
    this.#unwanted = true;
    this.#end(error);
  }

  #end(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.#stop?.();
    this.#channel?.unsubscribe();
    this.#close(error);
  }
}

function read(
  method: string,
  options: EventsOptions | undefined,
): { filter: EventFilter; signal: AbortSignal | undefined } {
  const given = readOptions(method, options, known);
  const { orgId = null, events = null, agentId, agentFilter, after = null, signal } = given;
  if (agentId !== undefined && agentFilter !== undefined)
    throw invalidArgument(`${method}: "agentId" and "agentFilter" are the same; give one`);
  return { filter: { orgId, events, agentId: agentId ?? agentFilter ?? null, after }, signal };
}

function deliver(listener: (event: GovernanceEvent) => void, event: GovernanceEvent): void {
  try {
    listener(event);
  } catch (error) {
    // Out of everyone's way, where the runtime reports uncaught errors.
    queueMicrotask(() => {
      throw error;
    });
  }
}
