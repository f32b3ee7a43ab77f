// One instance of the WebAssembly module, and the traffic with it. Knows the boundary (wasm/README.md) and nothing else.

import { onAbort } from "./abort.js";
import createAgentLattice, { type Exports, type Host, type Text } from "./agentlattice.mjs";
import {
  AgentLatticeCrashedError,
  type AgentLatticeError,
  abortedError,
  type BoundaryError,
  closedError,
  errorFromBoundary,
} from "./errors.js";
import { loadModule, type WasmSource } from "./loaders/platform.js";
import { wellFormed } from "./text.js";

/** How to make an instance. */
export interface KernelOptions {
  /** The module; default: the package's own. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
  /** What network requests go through; default: `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** What a kernel with a lattice asks of its host. None of these may throw. */
  readonly lattice?: LatticeHost | undefined;
}

/** The callbacks that only a lattice uses. */
export type LatticeHost = Pick<Host, "respond" | "append" | "publish"> & {
  /** The instance is lost, or was closed; nothing will be answered any more. */
  ended(error: AgentLatticeError): void;
};

/** One call of a client. */
export interface Submission {
  readonly operation: string;
  /** Path arguments. */
  readonly args?: readonly string[];
  readonly query?: string;
  /** Wire JSON. */
  readonly body?: string;
  readonly eventId?: string | undefined;
  readonly delegationId?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Settlement {
  readonly ok: boolean;
  readonly json: string;
}

/** A call that waits for its settlement. */
interface Pending {
  readonly resolve: (settlement: Settlement) => void;
  readonly reject: (error: unknown) => void;
  /** Stops listening to the call's signal. */
  readonly stop: (() => void) | undefined;
}

/** The entries of the boundary that a caller may use by name: those that answer with JSON or with nothing. */
type Entry = Exclude<keyof Exports, "submit" | "cancel" | "wake">;

export class Kernel {
  #exports: Exports | undefined;
  #ended: AgentLatticeError | undefined;
  #calls = 0;
  readonly #pending = new Map<number, Pending>();
  readonly #lattice: LatticeHost | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(lattice: LatticeHost | undefined) {
    this.#lattice = lattice;
  }

  /** Makes an instance. Fails with what the loader or the engine of the runtime says. */
  static async start(options: KernelOptions = {}): Promise<Kernel> {
    const kernel = new Kernel(options.lattice);
    const module = await loadModule(options.wasm);
    kernel.#exports = await new Promise<Exports>((resolve, reject) => {
      createAgentLattice({
        host: kernel.#host(),
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
        // The factory has no way to hear that this failed, so it is raced with a rejection of our own.
        instantiateWasm: (imports, receive) => {
          WebAssembly.instantiate(module, imports).then(
            (instance) => receive(instance, module),
            reject,
          );
          return {};
        },
        print: ignore,
        printErr: ignore,
        onAbort: (cause) => void kernel.#poison(cause),
      }).then(resolve, reject);
    });
    if (kernel.#ended !== undefined) throw kernel.#ended;
    return kernel;
  }

  /** Why nothing can be asked of this instance any more; undefined while it lives. */
  get ended(): AgentLatticeError | undefined {
    return this.#ended;
  }

  /** Starts a call and waits for its settlement: wire JSON, or "" where the answer has no body. */
  async submit(client: number, submission: Submission): Promise<string> {
    const { signal } = submission;
    const { ok, json } = await this.#settlement(client, submission);
    if (ok) return json;
    // Made here, not where it was settled, so that its stack leads to the caller and not into the module.
    const error = JSON.parse(json) as BoundaryError;
    const aborted = signal?.aborted && error.class === "aborted";
    throw errorFromBoundary(error, aborted ? signal.reason : undefined);
  }

  /** Calls one of the boundary's functions. Its JSON answer comes back decoded; its error is thrown. */
  call<T>(entry: Entry, ...args: (Text | number)[]): T {
    const answer = this.#cross((exports) =>
      (exports[entry] as (...args: (Text | number)[]) => string | undefined)(
        ...args.map((arg) => (typeof arg === "string" ? wellFormed(arg) : arg)),
      ),
    );
    return decode(answer) as T;
  }

  /** Ends the instance: whatever still waits is rejected, and so is every later call. Harmless when it has ended. */
  close(what: string): void {
    this.#end(closedError(what));
  }

  /** Every way into the instance. Whatever is thrown there is a trap: after it, nothing inside can be trusted. */
  #cross<T>(enter: (exports: Exports) => T): T {
    if (this.#ended !== undefined) throw this.#ended;
    try {
      return enter(this.#exports as Exports);
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  #host(): Host {
    return {
      settle: (call, ok, json) => this.#take(call)?.resolve({ ok, json }),
      wakeIn: (ms, keepAlive) => this.#wakeIn(ms, keepAlive),
      respond: (ticket, status, headers, body) =>
        this.#lattice?.respond(ticket, status, headers, body),
      append: (batch, rows, firstRow) => this.#lattice?.append(batch, rows, Number(firstRow)),
      publish: (events) => this.#lattice?.publish(events),
    };
  }

  #settlement(client: number, submission: Submission): Promise<Settlement> {
    const { operation, args = [], query = "", body = "", signal } = submission;
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.#enter((exports) => exports.cancel(client, call));
      this.#pending.set(call, { resolve, reject, stop: signal && onAbort(signal, cancel) });
      const eventId = wellFormed(submission.eventId ?? "");
      const delegationId = wellFormed(submission.delegationId ?? "");
      const lines = wellFormed(args.join("\n"));
      const timeoutMs = submission.timeoutMs ?? 0;
      try {
        this.#cross((exports) =>
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
          ),
        );
      } catch (error) {
        this.#take(call)?.reject(error);
      }
    });
  }

  /** Takes a call off the table; its listener goes with it. */
  #take(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    pending?.stop?.();
    return pending;
  }

  #wakeIn(ms: number, keepAlive: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms < 0 || this.#ended !== undefined) return;
    const timer = setTimeout(() => this.#enter((exports) => exports.wake()), ms);
    // Where timers are objects (Node.js, Bun), one that nobody waits for must not keep the process alive.
    if (!keepAlive && typeof timer === "object") (timer as { unref?: () => void }).unref?.();
    this.#timer = timer;
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
    this.#lattice?.ended(error);
    return error;
  }
}

const ignore = (): void => {};

/** An answer of the boundary: JSON, nothing, or an error, which is thrown. */
function decode(answer: string | undefined): unknown {
  if (answer === undefined || answer === "") return undefined;
  const decoded: unknown = JSON.parse(answer);
  const error = (decoded as { error?: BoundaryError } | null)?.error;
  if (error !== undefined) throw errorFromBoundary(error);
  return decoded;
}
