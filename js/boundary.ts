// The boundary with the WebAssembly modules, as types. What each function means is said in wasm/README.md.

import type { AgentLatticeError } from "./errors.js";
import type { WatchedFetch } from "./hooks.js";
import type { CompiledModule } from "./loaders/compile.js";
import type { CallOptions } from "./types.js";

/** A string crosses as UTF-8; bytes are taken for UTF-8 as they are. */
export type Text = string | Uint8Array;

/** Kernel → host. */
export interface Host {
  settle(call: number, ok: boolean, json: string): void;
  event(subscription: number, json: string): void;
  channel(subscription: number, state: ChannelState, json: string): void;
  respond(ticket: number, status: number, headers: string, body: string): void;
  /** `rows` is the kernel's memory: to be read before this returns. */
  append(batch: number, rows: Uint8Array, firstRow: number): void;
  /** `bytes` is the kernel's memory: to be copied before this returns. */
  saveSnapshot(rows: number, bytes: Uint8Array): void;
  read(reader: number, firstRow: number, endRow: number): void;
  redact(batch: number, rows: string): void;
  sign(rows: number, text: string): void;
  send(connection: number, text: string): void;
  hangUp(connection: number, code: number, reason: string): void;
  wakeIn(ms: number, keepAlive: boolean): void;
}

export type ChannelState = "ready" | "reconnecting" | "ended";

/** Host → kernel. Those of a lattice are in the embedded module only. */
export interface Exports {
  openClient(config: string): string;
  submit(
    client: number,
    call: number,
    operation: string,
    args: string,
    query: string,
    body: string,
    eventId: string,
    delegationId: string,
    timeoutMs: number,
  ): void;
  cancel(client: number, call: number): void;
  closeClient(client: number): void;
  subscribe(client: number, subscription: number, filter: string): void;
  unsubscribe(client: number, subscription: number): void;
  pause(client: number, subscription: number): void;
  resume(client: number, subscription: number): void;
  wake(): void;

  openLattice(config: string): string;
  loadRows(rows: Uint8Array): string;
  loadSnapshot(snapshot: Uint8Array, rows: Uint8Array): string;
  startLattice(): string;
  attach(kind: string, name: string): string;
  buffer(): Uint8Array;
  canI(client: number, bytes: number): number;
  act(client: number, call: number, bytes: number, timeoutMs: number): number;
  handle(ticket: number, method: string, target: string, headers: string, body: Text): void;
  disconnected(ticket: number): void;
  appended(batch: number): void;
  appendFailed(batch: number, message: string): void;
  rowsRead(reader: number, rows: Uint8Array): void;
  readFailed(reader: number, message: string): void;
  takeSnapshot(): void;
  redacted(batch: number): void;
  redactFailed(batch: number, message: string): void;
  signed(rows: number, signature: string): void;
  signFailed(rows: number, message: string): void;
  verifierKey(name: string, publicKey: string): string;
  judgeCheckpoint(request: string): string;
  judgeReceipt(request: string): string;
  connect(connection: number): void;
  received(connection: number, text: string): void;
  flushed(connection: number): void;
  hungUp(connection: number): void;

  checkPolicies(policies: string): string;
  explainAction(policies: string, action: string): string;
  testPolicies(policies: string, tests: string): string;
  beginReplay(policies: string): string;
  replayRows(rows: string): string;
  endReplay(): string;
  beginVerification(pinned: string): string;
  verifyRows(rows: string): string;
  endVerification(): string;
}

export interface FactoryArgument {
  readonly host: Host;
  readonly fetch?: WatchedFetch | undefined;
  readonly WebSocket?: typeof globalThis.WebSocket | undefined;
  instantiateWasm(
    imports: object,
    receive: (instance: object, module: CompiledModule) => void,
  ): object;
  print(line: string): void;
  printErr(line: string): void;
  onAbort(cause: unknown): void;
  /** What is settled from here to the end of the present task's turn rests on this answer from the network. */
  onAnswer(answer: Response | undefined): void;
}

/** What Emscripten's glue exports: each call is one instance. */
export type Factory = (argument: FactoryArgument) => Promise<Exports>;

/** One call of a client, ready to cross. */
export interface Submission extends CallOptions {
  readonly operation: string;
  /** Ids and names that stand in the path. */
  readonly args?: readonly string[] | undefined;
  readonly query?: string | undefined;
  /** Wire JSON. */
  readonly body?: string | undefined;
  readonly eventId?: string | undefined;
  readonly delegationId?: string | undefined;
}

/** How a call ended. */
export interface Settlement {
  readonly ok: boolean;
  readonly json: string;
  /** What it rests on, where that came over the network. Its body is used up. */
  readonly answer: Response | undefined;
}

/** Who listens to a realtime channel. None of these may throw. */
export interface ChannelSink {
  event(json: string): void;
  channel(state: ChannelState, error: AgentLatticeError | undefined): void;
}

/** A realtime channel that is open. */
export interface Channel {
  readonly pause: () => void;
  readonly resume: () => void;
  readonly unsubscribe: () => void;
}
