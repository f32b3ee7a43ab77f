// One instance of a WebAssembly module, and the traffic with it. Knows the boundary (wasm/README.md) and nothing else.

import { onAbort } from "./abort.js";
import type {
  Channel,
  ChannelSink,
  Exports,
  Host,
  Settlement,
  Submission,
  Text,
} from "./boundary.js";
import { readDryRun } from "./dry-run.js";
import {
  AgentLatticeCrashedError,
  type AgentLatticeError,
  abortedError,
  type BoundaryError,
  closedError,
  errorFromBoundary,
  invalidArgument,
} from "./errors.js";
import type { WatchedFetch } from "./hooks.js";
import { loadModule, type WasmSource } from "./loaders/platform.js";
import type { Payload } from "./payload.js";
import { Pending } from "./pending.js";
import { wellFormed } from "./text.js";
import type { CanI } from "./types.js";

/** How to make an instance. */
export interface KernelOptions {
  /** The module; default: the package's own. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
  /** What network requests go through; default: `globalThis.fetch`. */
  readonly fetch?: WatchedFetch | undefined;
  /** What realtime channels go through; default: `globalThis.WebSocket`. */
  readonly WebSocket?: typeof globalThis.WebSocket | undefined;
  /** What a kernel with a lattice asks of its host. None of these may throw. */
  readonly lattice?: LatticeHost | undefined;
}

/** The callbacks that only a lattice uses. */
export type LatticeHost = Pick<
  Host,
  "respond" | "append" | "read" | "saveSnapshot" | "redact" | "sign" | "send" | "hangUp"
> & {
  /** Does what was put off, then `call`, for somebody who cannot wait: nothing that it asks for is put off. */
  atOnce?(call?: () => void): void;
  /** When the kernel wants to be woken next; undefined: not at all. It is woken by a timer; this is for hosts that may sleep. */
  readonly wakeIn?: ((ms: number | undefined) => void) | undefined;
  /** The instance is lost, or was closed; nothing will be answered any more. */
  ended(error: AgentLatticeError): void;
};

/** The entries of the boundary that a caller may use by name. */
type Entry = Exclude<keyof Exports, "submit" | "cancel" | "wake" | "subscribe" | "buffer">;
type Argument = Text | number;
type AnyEntry = (...args: Argument[]) => string | undefined;

/** How many calls may wait for what a lattice's host puts off. */
const calls_together_max = 1000;
/** How long a timer that is due is waited for, in milliseconds, before it is taken for lost. */
const timer_lateness_ms_max = 50;

export class Kernel {
  #exports: Exports | undefined;
  #ended: AgentLatticeError | undefined;
  #refusal: AgentLatticeError | undefined; // why nothing new is begun
  #numbers = 0;
  #answer: Response | undefined;
  #buffer: Uint8Array | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #channels = new Map<number, ChannelSink>();
  readonly #lattice: LatticeHost | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakeAt = 0; // when #timer is due, by performance.now()

  private constructor(lattice: LatticeHost | undefined) {
    this.#lattice = lattice;
  }

  /** Makes an instance. Fails with what the loader or the engine of the runtime says. */
  static async start(payload: Payload, options: KernelOptions = {}): Promise<Kernel> {
    const kernel = new Kernel(options.lattice);
    const { fetch, WebSocket } = options;
    const module = await loadModule(payload, options.wasm);
    kernel.#exports = await new Promise<Exports>((resolve, rejectWith) => {
      const reject = (cause: unknown): void =>
        rejectWith(options.wasm === undefined ? cause : mismatch(payload, cause));
      payload
        .create({
          host: kernel.#host(),
          fetch,
          WebSocket,
          // The factory has no way to hear that this failed, so it is raced with a rejection of our own.
          instantiateWasm: (imports, receive) => {
            const instance = WebAssembly.instantiate(module, imports as WebAssembly.Imports);
            instance.then((made) => receive(made, module), reject);
            return {};
          },
          print: ignore,
          printErr: ignore,
          onAbort: (cause) => void kernel.#poison(cause),
          onAnswer: (answer) => {
            kernel.#answer = answer;
          },
        })
        .then(resolve, reject);
    });
    const ended = kernel.#ended;
    if (ended) throw options.wasm === undefined ? ended : mismatch(payload, ended);
    // What the two modules import is so alike that either may start with the other's glue.
    if ("openLattice" in kernel.#exports !== payload.lattice)
      throw mismatch(payload, "it is the other one");
    return kernel;
  }

  /** Why nothing can be asked of this instance any more; undefined while it lives. */
  get ended(): AgentLatticeError | undefined {
    return this.#ended;
  }

  /** The answer to a dry run, in one crossing; undefined where the submission is none, or only a call can say. */
  dryRun(client: number, { operation, body = "", signal }: Submission): CanI | undefined {
    if (this.#lattice === undefined || operation !== "canI" || signal?.aborted) return undefined;
    if (this.#refusal !== undefined) throw this.#refusal;
    const said = this.#cross((exports) => {
      const written = this.#write(exports, body);
      const bytes = written === undefined ? 0 : exports.canI(client, written);
      return bytes === 0 ? undefined : this.#read(exports, bytes);
    });
    return said === undefined ? undefined : readDryRun(said);
  }

  /** Starts a call, and gives its settlement: at once, where it is known by then. One that is an error is thrown. */
  submit(client: number, submission: Submission): Settlement | Promise<Settlement> {
    const { signal } = submission;
    if (signal?.aborted) throw abortedError(signal);
    const call = ++this.#numbers;
    const pending = new Pending();
    this.#start(client, call, submission, pending);
    // So many are worth a commit of their own, and more than 10,000 may not be open at once.
    if (call % calls_together_max === 0) this.#lattice?.atOnce?.();
    return pending.done ? pending.settlement() : this.#settled(client, call, pending, signal);
  }

  async #settled(
    client: number,
    call: number,
    pending: Pending,
    signal: AbortSignal | undefined,
  ): Promise<Settlement> {
    const cancel = (): void => this.#enter((exports) => exports.cancel(client, call));
    const settled = pending.wait();
    if (signal?.aborted) cancel();
    else pending.stop = signal && onAbort(signal, cancel);
    await settled;
    return pending.settlement((error) =>
      errorFromBoundary(error, error.class === "aborted" ? signal?.reason : undefined),
    );
  }

  /**
   * Starts a call that is settled before this returns; where it is not, it is cancelled, and `late` makes the error from what
   * is known then.
   */
  submitNow(
    client: number,
    submission: Submission,
    late: (error: BoundaryError) => AgentLatticeError,
  ): string {
    const call = ++this.#numbers;
    const pending = new Pending();
    const start = (): void => this.#start(client, call, submission, pending);
    if (this.#lattice?.atOnce) this.#lattice.atOnce(start);
    else start();
    const inTime = pending.done;
    if (!inTime) this.#cross((exports) => exports.cancel(client, call));
    return pending.settlement(inTime ? undefined : late).json;
  }

  /** Opens a realtime channel of a client. */
  subscribe(client: number, filter: string, sink: ChannelSink): Channel {
    if (this.#refusal !== undefined) throw this.#refusal;
    const number = ++this.#numbers;
    this.#channels.set(number, sink);
    const tell = (entry: "pause" | "resume" | "unsubscribe") => () => {
      if (this.#channels.has(number)) this.#enter((exports) => exports[entry](client, number));
    };
    try {
      this.#cross((exports) => exports.subscribe(client, number, wellFormed(filter)));
    } catch (error) {
      this.#channels.delete(number);
      throw error;
    }
    return { pause: tell("pause"), resume: tell("resume"), unsubscribe: tell("unsubscribe") };
  }

  /** Calls one of the boundary's functions. Its JSON answer comes back decoded; its error is thrown. */
  call<T>(entry: Entry, ...args: Argument[]): T {
    const crossing = args.map((arg) => (typeof arg === "string" ? wellFormed(arg) : arg));
    return decode(this.#cross((exports) => (exports[entry] as AnyEntry)(...crossing))) as T;
  }

  /** Tells the kernel something that nobody waits for. Where it has ended, everyone concerned was told already. */
  inform(entry: Entry, ...args: Argument[]): void {
    try {
      this.call(entry, ...args);
    } catch {
      // INVARIANT: #ended is set.
    }
  }

  /** The time that was asked for has come, by another clock than the timer's. Harmless at any other. */
  wake(): void {
    this.#enter((exports) => exports.wake());
  }

  /** Begins nothing new from now on; what was begun goes on until it is closed. */
  refuse(what: string): void {
    this.#refusal = closedError(what);
  }

  /** Ends the instance: whatever still waits is rejected, and so is every later call. Harmless when it has ended. */
  close(what: string): void {
    this.#end(closedError(what));
  }

  #start(client: number, call: number, submission: Submission, pending: Pending): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#pending.set(call, pending);
    try {
      this.#cross((exports) => {
        if (this.#act(exports, client, call, submission)) return;
        const { operation, args, query = "", body = "", timeoutMs = 0 } = submission;
        const lines = wellFormed(args?.join("\n") ?? "");
        const eventId = wellFormed(submission.eventId ?? "");
        const delegationId = wellFormed(submission.delegationId ?? "");
        exports.submit(
          client,
          call,
          operation,
          lines,
          query,
          body,
          eventId,
          delegationId,
          timeoutMs,
        );
      });
    } catch (error) {
      this.#take(call)?.reject(error as AgentLatticeError);
    }
  }

  /** Starts a call in the buffer, which most often settles it there; false where it has to be submitted. */
  #act(exports: Exports, client: number, call: number, submission: Submission): boolean {
    const { operation, eventId = "", delegationId = "", body = "", timeoutMs = 0 } = submission;
    if (this.#lattice === undefined || !(operation === "execute" || operation === "gate"))
      return false;
    if (eventId.includes("\n") || delegationId.includes("\n")) return false;
    const written = this.#write(exports, `${operation}\n${eventId}\n${delegationId}\n${body}`);
    if (written === undefined) return false;
    const bytes = exports.act(client, call, written, timeoutMs);
    if (bytes === 0) return true;
    const json = this.#read(exports, Math.abs(bytes));
    this.#take(call)?.settle({ ok: bytes > 0, json, answer: undefined });
    return true;
  }

  /** Every way into the instance. Whatever is thrown there is a trap: after it, nothing inside can be trusted. */
  #cross<T>(enter: (exports: Exports) => T): T {
    if (this.#ended !== undefined) throw this.#ended;
    this.#answer = undefined;
    try {
      return enter(this.#exports as Exports);
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  /** The kernel's buffer. When the instance's memory grows, views on it lose their bytes. */
  #bufferOf(exports: Exports): Uint8Array {
    if (!this.#buffer?.length) this.#buffer = exports.buffer();
    return this.#buffer;
  }

  /** Puts a text into the buffer. Returns its length in bytes; undefined where there is not so much room. */
  #write(exports: Exports, text: string): number | undefined {
    const { read, written } = encoder.encodeInto(text, this.#bufferOf(exports));
    return read < text.length ? undefined : written;
  }

  #read(exports: Exports, bytes: number): string {
    return decoder.decode(this.#bufferOf(exports).subarray(0, bytes));
  }

  #host(): Host {
    const lattice = this.#lattice;
    return {
      settle: (call, ok, json) => this.#take(call)?.settle({ ok, json, answer: this.#answer }),
      event: (subscription, json) => this.#channels.get(subscription)?.event(json),
      channel: (subscription, state, json) => {
        const sink = this.#channels.get(subscription);
        if (state === "ended") this.#channels.delete(subscription);
        sink?.channel(state, json === "" ? undefined : errorFromBoundary(JSON.parse(json)));
      },
      wakeIn: (ms, keepAlive) => this.#wakeIn(ms, keepAlive),
      respond: (ticket, status, headers, body) => lattice?.respond(ticket, status, headers, body),
      append: (batch, rows, firstRow) => lattice?.append(batch, rows, Number(firstRow)),
      read: (reader, firstRow, endRow) => lattice?.read(reader, firstRow, endRow),
      saveSnapshot: (rows, bytes) => lattice?.saveSnapshot(rows, bytes),
      redact: (batch, rows) => lattice?.redact(batch, rows),
      sign: (rows, text) => lattice?.sign(Number(rows), text),
      send: (connection, text) => lattice?.send(connection, text),
      hangUp: (connection, code, reason) => lattice?.hangUp(connection, code, reason),
    };
  }

  /** Takes a call off the table. */
  #take(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }

  #wakeIn(ms: number, keepAlive: boolean): void {
    const late = performance.now() - this.#wakeAt;
    // A timer that is due stays, and the kernel wishes again when it came: set anew at each change, it would never
    // come while a busy kernel's deadlines move to and fro. One that is long overdue was lost (a Worker's timers
    // end with the request that set them).
    const coming = this.#timer !== undefined && late >= 0 && late < timer_lateness_ms_max;
    if (!coming || this.#ended !== undefined) clearTimeout(this.#timer);
    if (this.#ended !== undefined) return;
    this.#lattice?.wakeIn?.(ms < 0 ? undefined : ms);
    if (!coming) this.#timer = ms < 0 ? undefined : this.#timerIn(ms);
    // Where timers are objects (Node.js, Bun), one that nobody waits for must not keep the process alive.
    const timer: unknown = this.#timer;
    if (typeof timer === "object")
      (timer as { ref?: () => void; unref?: () => void })[keepAlive ? "ref" : "unref"]?.();
  }

  #timerIn(ms: number): ReturnType<typeof setTimeout> {
    this.#wakeAt = performance.now() + ms;
    return setTimeout(() => {
      this.#timer = undefined;
      this.#enter((exports) => exports.wake());
    }, ms);
  }

  /** #cross for events, which have no caller to tell: a trap rejects whatever is pending, and that is all. */
  #enter(enter: (exports: Exports) => void): void {
    try {
      this.#cross(enter);
    } catch {
      // INVARIANT: #ended is set, and everything pending was rejected with it.
    }
  }

  #poison(cause: unknown): AgentLatticeError {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return this.#end(
      new AgentLatticeCrashedError("CRASHED", `the kernel crashed and cannot go on: ${detail}`, {
        cause,
      }),
    );
  }

  #end(error: AgentLatticeError): AgentLatticeError {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = error;
    this.#exports = undefined;
    clearTimeout(this.#timer);
    for (const call of [...this.#pending.keys()]) this.#take(call)?.reject(error);
    for (const sink of this.#channels.values()) sink.channel("ended", error);
    this.#channels.clear();
    this.#lattice?.ended(error);
    return error;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ignore = (): void => {};

const mismatch = ({ name }: Payload, cause: unknown): AgentLatticeError =>
  invalidArgument(
    `"wasm" does not fit: it must be the ${name} of this version of the package (${String(cause)})`,
    cause,
  );

/** An answer of the boundary: JSON, nothing, or an error, which is thrown. */
function decode(answer: string | undefined): unknown {
  if (answer === undefined || answer === "") return undefined;
  const decoded: unknown = JSON.parse(answer);
  const error = (decoded as { error?: BoundaryError } | null)?.error;
  if (error !== undefined) throw errorFromBoundary(error);
  return decoded;
}
