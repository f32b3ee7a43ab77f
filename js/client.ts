// A client inside a kernel, opened at the first call: what AgentLattice, DelegatedAgent and Operator are faces of.

import { type Answer, answerOf, type Received } from "./answer.js";
import type { Submission } from "./boundary.js";
import { MemoryCheckpointStore, Pins, verifyRequest } from "./checkpoints.js";
import {
  type ClientOptions,
  type OpenClient,
  readClientOptions,
  targetOf,
} from "./client-options.js";
import { clientPayload } from "./client-payload.js";
import { invalidArgument } from "./errors.js";
import { logging, watched } from "./hooks.js";
import { Kernel, type KernelOptions } from "./kernel.js";
import { Closing, Limits } from "./limits.js";
import { callOptions, readOptions } from "./options.js";
import { Realtime } from "./realtime.js";
import { toJson } from "./text.js";
import type { Trust } from "./trust.js";
import type { CallOptions, Verification } from "./types.js";
import { fromWire, toWire } from "./wire-names.js";

export class Client {
  /** Where requests go, for people. */
  readonly target: string;
  readonly realtime: Realtime;
  readonly #pins: Pins;
  readonly #trust: Trust | undefined;
  readonly #open: () => Promise<OpenClient>;
  #opening: Promise<OpenClient> | undefined;
  /** What `#opening` came to: nobody waits for a promise that is kept. */
  #ready: OpenClient | undefined;
  readonly #closing: Closing;

  /** Checks the options and does nothing else. `name` is the face's, for messages. */
  constructor(name: string, given: ClientOptions) {
    const options = readClientOptions(name, given);
    this.#closing = new Closing(`this ${name}`);
    this.target = targetOf(name, options);
    this.#pins = new Pins(options.checkpoints ?? new MemoryCheckpointStore(), this.target);
    this.#trust = options.trust;
    this.realtime = new Realtime(async (filter, sink, signal) => {
      if (options.lattice === undefined) needWebSocket(options);
      const { kernel, client } = await this.#opened(new Limits(this.#closing, { signal }));
      return kernel.subscribe(client, toJson(toWire({ ...filter }), "the filter"), sink);
    });
    this.#open = () => open(options, this.target);
  }

  /**
   * Sends one request and decodes its answer, names renamed. Opens the client first where that is not done. What `build` throws,
   * the answer rejects with.
   */
  call<T>(build: () => Submission, shape?: (data: T) => T | Promise<T>): Answer<T> {
    const received: Received = { answer: undefined };
    return answerOf(this.#call(received, build, shape), received);
  }

  /** Verifies the ledger, against what is pinned, and pins what was found good. */
  verify(options: CallOptions | undefined): Answer<Verification> {
    const received: Received = { answer: undefined };
    return answerOf(this.#verify(received, options), received);
  }

  /** Rejects whatever is open and every later call. */
  close(): void {
    if (this.#closing.closed) return;
    this.#closing.close();
    this.realtime.unsubscribe(this.#closing.closed);
    this.#ready = undefined;
    this.#opening
      ?.then(({ kernel, client, alone }) => {
        if (kernel.ended === undefined) kernel.call("closeClient", client);
        if (alone) kernel.close(this.#closing.what);
      })
      // It never opened, or crashed on the way out; whoever waited was told.
      .catch(() => {});
  }

  async #call<T>(
    received: Received,
    build: () => Submission,
    shape: (data: T) => T | Promise<T> = (data) => data,
  ): Promise<T> {
    let request = build();
    let opened = this.#ready;
    if (opened === undefined) {
      const limits = new Limits(this.#closing, request);
      opened = await this.#opened(limits);
      request = { ...request, ...limits.rest };
    }
    const { kernel, client } = opened;
    const dry = kernel.dryRun(client, request);
    if (dry !== undefined) return shape(dry as T);
    // Nobody waits for what is there.
    const settling = kernel.submit(client, request);
    const { json, answer } = settling instanceof Promise ? await settling : settling;
    received.answer = answer;
    return shape(decodeAnswer(json) as T);
  }

  async #verify(received: Received, options: CallOptions | undefined): Promise<Verification> {
    const limits = new Limits(this.#closing, readOptions("verify", options, callOptions));
    const pinned = await limits.wait(this.#pins.read(), "the checkpoint was not read");
    const verdict = await this.#call<Verification>(received, () =>
      verifyRequest(limits.rest, pinned),
    );
    return limits.wait(this.#keep(verdict), "the checkpoint was not kept");
  }

  async #keep(verdict: Verification): Promise<Verification> {
    return this.#pins.keep(this.#trust ? await this.#trust.judge(verdict) : verdict);
  }

  /** Idempotent: callers that race share one opening. One that failed is tried again by the next call. */
  async #opened(limits: Limits): Promise<OpenClient> {
    if (this.#closing.closed) throw this.#closing.closed;
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    const opened = await limits.wait(this.#opening, "its client has no key or no module yet");
    if (this.#closing.closed) throw this.#closing.closed;
    this.#ready = opened;
    return opened;
  }
}

/** An answer's body as the façade gives it. */
export const decodeAnswer = (json: string): unknown =>
  json === "" ? {} : fromWire(JSON.parse(json));

/** What `openClient` takes; a key comes from the options, or from whoever was asked for it. */
export const configOf = (options: ClientOptions, apiKey: unknown, baseUrl?: string): string =>
  toJson(
    toWire({
      apiKey,
      baseUrl,
      requestTimeoutMs: options.requestTimeoutMs,
      attemptsMax: options.maxAttempts,
      gateTimeoutMs: options.gatePollTimeoutMs,
      pollIntervalMs: options.gatePollIntervalMs,
      longPollS: options.longPollSeconds,
    }),
    "the configuration",
  );

async function open(options: ClientOptions, baseUrl: string): Promise<OpenClient> {
  const { apiKey, lattice } = options;
  const key = typeof apiKey === "function" ? await apiKey() : apiKey;
  if (lattice !== undefined) return lattice.openClient(configOf(options, key));
  const kernel = await Kernel.start(clientPayload, networkOf(options));
  const { client } = kernel.call<{ client: number }>("openClient", configOf(options, key, baseUrl));
  return { kernel, client, alone: true };
}

/** Which network an instance sees, and who watches. */
function networkOf({ wasm, fetch, WebSocket, hooks, logger }: ClientOptions): KernelOptions {
  const sockets = WebSocket as typeof globalThis.WebSocket | undefined;
  const watching = logger === undefined ? hooks : logging(logger, hooks ?? {});
  if (watching === undefined)
    return { wasm, fetch: fetch && ((url, init) => fetch(url, init)), WebSocket: sockets };
  // The global is looked up at each request, so that one replaced later (a test's, a tracer's) is honoured.
  const plain: typeof globalThis.fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
  return { wasm, fetch: watched(plain, watching), WebSocket: sockets };
}

function needWebSocket({ WebSocket = globalThis.WebSocket }: ClientOptions): void {
  if (WebSocket !== undefined) return;
  throw invalidArgument(
    'this runtime has no WebSocket; give one to the client, for instance that of the npm package "ws": { …, WebSocket }',
  );
}
