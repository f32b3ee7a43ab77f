// What a client of any kind is made of.

import type { CheckpointStore } from "./checkpoints.js";
import { invalidArgument } from "./errors.js";
import type { Hooks, Logger } from "./hooks.js";
import type { Kernel } from "./kernel.js";
import type { WasmSource } from "./loaders/platform.js";
import { type Kind, readOptions } from "./options.js";
import { promiseOf } from "./promises.js";
import type { Trust } from "./trust.js";

/** Opens a client in a lattice of this process. A Lattice does this. */
export interface LatticeConnection {
  /** @internal A key for somebody who is registered, good in this process only. */
  readonly attach: (kind: "agent" | "operator", name: string) => string;
  /** @internal `config` is the boundary's `openClient` configuration without a base URL. */
  readonly openClient: (config: string) => OpenClient;
}

/** @internal */
export interface OpenClient {
  readonly kernel: Kernel;
  readonly client: number;
  /** True where the instance serves this client alone and ends with it. */
  readonly alone: boolean;
}

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
  /** What realtime channels go through. Default: `globalThis.WebSocket`; Node.js 20 has none, give it that of `ws`. */
  readonly WebSocket?: unknown;
  /** How long `gate` waits, in milliseconds. Default: 8 hours. */
  readonly gatePollTimeoutMs?: number | undefined;
  readonly gate_poll_timeout_ms?: number | undefined;
  /** How often `gate` asks where nothing better can be had, in milliseconds. Default: 5000. */
  readonly gatePollIntervalMs?: number | undefined;
  readonly gate_poll_interval_ms?: number | undefined;
  /** A limit on each attempt, headers and body, in milliseconds. Default: 30000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Attempts of one call, the first included, 1 – 100. Default: 3. */
  readonly maxAttempts?: number | undefined;
  /** How long the service may hold its answer while `gate` waits, in seconds, 0 – 55; 0 turns it off. */
  readonly longPollSeconds?: number | undefined;
  /** Told of each attempt over the network. */
  readonly hooks?: Hooks | undefined;
  /** Where to write what happens on the network. Default: nowhere. */
  readonly logger?: Logger | undefined;
  /** Where `verify` keeps what it has verified, for the next time. Default: in memory. */
  readonly checkpoints?: CheckpointStore | undefined;
  /**
   * Whose signatures on checkpoints are trusted: `trustKeys(verifierKey)`. With it, `verify` finds a checkpoint that nobody of them
   * signed `bad_signature`. Default: signatures are not looked at.
   */
  readonly trust?: Trust | undefined;
  /** The kernel's module (`client.wasm`), for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

const known: Readonly<Record<string, Kind>> = {
  apiKey: "any",
  baseUrl: "string",
  lattice: "object",
  fetch: "function",
  WebSocket: "function",
  gatePollTimeoutMs: "integer",
  gatePollIntervalMs: "integer",
  requestTimeoutMs: "integer",
  maxAttempts: "integer",
  longPollSeconds: "integer",
  hooks: "object",
  logger: "object",
  checkpoints: "object",
  trust: "object",
  wasm: "any",
};

const ms = [1, Number.MAX_SAFE_INTEGER] as const;

/** What the kernel will take, said while it is not loaded. */
const ranges = {
  gatePollTimeoutMs: ms,
  gatePollIntervalMs: ms,
  requestTimeoutMs: ms,
  maxAttempts: [1, 100],
  longPollSeconds: [0, 55],
} as const;

export const defaultBaseUrl = "https://agentlattice.com";

/** The options of a client, checked. `name` is its face's, for messages. */
export function readClientOptions(name: string, given: ClientOptions): ClientOptions {
  const options = readOptions(name, given, known);
  const { apiKey, lattice, baseUrl, wasm } = options;
  if (apiKey !== undefined && typeof apiKey !== "function" && typeof apiKey !== "string")
    throw invalidArgument(`${name}: "apiKey" must be a string, or a function that gives one`);
  if (apiKey === undefined || (typeof apiKey === "string" && apiKey.trim() === "")) {
    throw invalidArgument(
      `${name}: "apiKey" is missing; pass the key, for instance from the environment: it is never hardcoded`,
    );
  }
  if (lattice !== undefined && baseUrl !== undefined) {
    throw invalidArgument(`${name}: "lattice" and "baseUrl" exclude each other`);
  }
  if (lattice !== undefined && typeof lattice.openClient !== "function") {
    throw invalidArgument(`${name}: "lattice" must be an open Lattice`);
  }
  if (options.trust !== undefined && typeof options.trust.judge !== "function") {
    throw invalidArgument(`${name}: "trust" must be what trustKeys makes`);
  }
  for (const [option, [least, most]] of Object.entries(ranges)) {
    const value = options[option as keyof typeof ranges];
    if (value !== undefined && (value < least || value > most))
      throw invalidArgument(`${name}: "${option}" must be from ${least} to ${most}`);
  }
  // Looked at by the first call; until then nobody else would handle its rejection.
  promiseOf(wasm)?.catch(() => {});
  return options;
}

/** Where requests go, for people and for the checkpoint store. */
export function targetOf(
  name: string,
  { lattice, baseUrl = defaultBaseUrl }: ClientOptions,
): string {
  if (lattice !== undefined) return "lattice:";
  try {
    const { href, protocol, username, password, search, hash } = new URL(baseUrl);
    if (/^https?:$/.test(protocol) && username + password + search + hash === "")
      return href.replace(/\/+$/, "");
  } catch {
    // Said below.
  }
  throw invalidArgument(
    `${name}: "baseUrl" must be an http(s) URL without credentials, query and fragment`,
  );
}
