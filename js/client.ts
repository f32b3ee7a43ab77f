// A client inside a kernel, opened at the first call: what AgentLattice, DelegatedAgent and Operator are faces of.

import { unlessAborted } from "./abort.js";
import { closedError, invalidArgument } from "./errors.js";
import { Kernel, type Submission } from "./kernel.js";
import type { WasmSource } from "./loaders/platform.js";
import type { Kind } from "./options.js";
import { readOptions } from "./options.js";
import { toJson } from "./text.js";
import type { CallOptions } from "./types.js";
import { fromWire, toWire } from "./wire-names.js";

/** Opens a client in a lattice of this process. A Lattice does this. */
export interface LatticeConnection {
  /** @internal `config` is the boundary's `openClient` configuration without a base URL. */
  readonly connect: (config: string) => Promise<OpenClient>;
}

/** @internal */
export interface OpenClient {
  readonly kernel: Kernel;
  readonly client: number;
  /** True where the instance serves this client alone and ends with it. */
  readonly alone: boolean;
}

/** What a client of any kind is made of. */
export interface ClientOptions {
  /**
   * The bearer key, or a function that fetches it when it is first needed. It is kept out of every error, log and
   * inspection.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  readonly api_key?: string | undefined;
  /** Where the service is. Default: `https://agentlattice.com`. */
  readonly baseUrl?: string | undefined;
  readonly base_url?: string | undefined;
  /** A lattice of this process, in place of a service. */
  readonly lattice?: LatticeConnection | undefined;
  /** What requests go through, in place of `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How long `gate` waits, in milliseconds. Default: 8 hours. */
  readonly gatePollTimeoutMs?: number | undefined;
  readonly gate_poll_timeout_ms?: number | undefined;
  /** How often `gate` asks where nothing better can be had, in milliseconds. Default: 5000. */
  readonly gatePollIntervalMs?: number | undefined;
  readonly gate_poll_interval_ms?: number | undefined;
  /** A limit on each attempt, headers and body, in milliseconds. Default: 30000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Attempts of one call, the first included. Default: 3. */
  readonly maxAttempts?: number | undefined;
  /** How long the service may hold its answer while `gate` waits, in seconds, 0 – 55; 0 turns it off. */
  readonly longPollSeconds?: number | undefined;
  /** The kernel's module, for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

const clientOptions: Readonly<Record<string, Kind>> = {
  apiKey: "any",
  baseUrl: "string",
  lattice: "object",
  fetch: "function",
  gatePollTimeoutMs: "integer",
  gatePollIntervalMs: "integer",
  requestTimeoutMs: "integer",
  maxAttempts: "integer",
  longPollSeconds: "integer",
  wasm: "any",
};

export const defaultBaseUrl = "https://agentlattice.com";

/** One request to the service, in the façade's terms. */
export interface ClientRequest extends CallOptions {
  readonly args?: readonly string[];
  readonly query?: string;
  readonly body?: unknown;
  readonly eventId?: string | undefined;
  readonly delegationId?: string | undefined;
}

export class Client {
  /** Where requests go, for people. */
  readonly target: string;
  readonly #name: string;
  readonly #open: () => Promise<OpenClient>;
  #opening: Promise<OpenClient> | undefined;
  #closed = false;

  /** Checks the options and does nothing else. `name` is the face's, for messages. */
  constructor(name: string, given: ClientOptions) {
    const options = readOptions(name, given, clientOptions);
    const key = options.apiKey;
    if (typeof key !== "function" && (typeof key !== "string" || key.trim() === "")) {
      throw invalidArgument(
        `${name}: "apiKey" is missing; pass the key, for instance from the environment: it is never hardcoded`,
      );
    }
    if (options.lattice !== undefined && options.baseUrl !== undefined) {
      throw invalidArgument(`${name}: "lattice" and "baseUrl" exclude each other`);
    }
    if (options.lattice !== undefined && typeof options.lattice.connect !== "function") {
      throw invalidArgument(`${name}: "lattice" must be an open Lattice`);
    }
    // Looked at by the first call; until then nobody else would handle its rejection.
    if (options.wasm instanceof Promise) options.wasm.catch(() => {});
    this.#name = name;
    this.target = options.lattice === undefined ? baseUrlOf(name, options) : "lattice:";
    this.#open = () => open(options, this.target);
  }

  /** Sends one request and decodes its answer, names renamed. Opens the client first where that is not done. */
  async call<T>(operation: string, request: ClientRequest = {}): Promise<T> {
    const { args, body, ...rest } = request;
    const submission: Submission = {
      operation,
      ...rest,
      ...(args === undefined ? {} : { args: checkArgs(operation, args) }),
      ...(body === undefined ? {} : { body: toJson(body, `${operation}: the request`) }),
    };
    const { kernel, client } = await unlessAborted(this.#opened(), request.signal);
    if (this.#closed) throw closedError(`this ${this.#name}`);
    const json = await kernel.submit(client, submission);
    return (json === "" ? {} : fromWire(JSON.parse(json))) as T;
  }

  /** Rejects whatever is open and every later call. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opening
      ?.then(({ kernel, client, alone }) => {
        if (kernel.ended === undefined) kernel.call("closeClient", client);
        if (alone) kernel.close(`this ${this.#name}`);
      })
      // It never opened, or crashed on the way out; whoever waited was told.
      .catch(() => {});
  }

  /** Idempotent: callers that race share one opening. One that failed is tried again by the next call. */
  #opened(): Promise<OpenClient> {
    if (this.#closed) return Promise.reject(closedError(`this ${this.#name}`));
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }
}

async function open(options: ClientOptions, baseUrl: string): Promise<OpenClient> {
  const { apiKey, lattice } = options;
  const config = toJson(
    toWire({
      apiKey: typeof apiKey === "function" ? await apiKey() : apiKey,
      baseUrl: lattice === undefined ? baseUrl : undefined,
      requestTimeoutMs: options.requestTimeoutMs,
      attemptsMax: options.maxAttempts,
      gateTimeoutMs: options.gatePollTimeoutMs,
      pollIntervalMs: options.gatePollIntervalMs,
      longPollS: options.longPollSeconds,
    }),
    "the configuration",
  );
  if (lattice !== undefined) return lattice.connect(config);
  const kernel = await Kernel.start({ wasm: options.wasm, fetch: options.fetch });
  return {
    kernel,
    client: kernel.call<{ client: number }>("openClient", config).client,
    alone: true,
  };
}

function baseUrlOf(name: string, { baseUrl = defaultBaseUrl }: ClientOptions): string {
  try {
    const url = new URL(baseUrl);
    if (
      /^https?:$/.test(url.protocol) &&
      url.username === "" &&
      url.password === "" &&
      url.search === "" &&
      url.hash === ""
    ) {
      return url.href.replace(/\/+$/, "");
    }
  } catch {
    // Said below.
  }
  throw invalidArgument(
    `${name}: "baseUrl" must be an http(s) URL without credentials, query and fragment`,
  );
}

function checkArgs(operation: string, args: readonly string[]): readonly string[] {
  for (const arg of args) {
    if (typeof arg !== "string" || arg === "" || arg.includes("\n")) {
      throw invalidArgument(
        `${operation}: an id or a name must be a string of one line that is not empty`,
      );
    }
  }
  return args;
}
