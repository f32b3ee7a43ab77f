// The embedded lattice: a governance service inside this process. It answers requests, keeps the ledger, passes on events;
// what is allowed is the kernel's business.

import { onAbort } from "./abort.js";
import { AgentLattice } from "./agent-lattice.js";
import { Client, type ClientOptions, type LatticeConnection, type OpenClient } from "./client.js";
import { AgentLatticeError, abortedError, closedError } from "./errors.js";
import { headersOf, linesOf, readBounded } from "./http.js";
import { Kernel } from "./kernel.js";
import { Listeners, type Subscription } from "./listeners.js";
import type { WasmSource } from "./loaders/platform.js";
import { Operator } from "./operator.js";
import { type Kind, readOptions, readText } from "./options.js";
import type { LedgerRow, LedgerStore } from "./stores/store.js";
import { toJson } from "./text.js";
import type { GovernanceEvent, PolicyFile, RegisteredAgent } from "./types.js";
import { toWire } from "./wire-names.js";

/** Options of `Lattice.open`. */
export interface LatticeOptions {
  /** Where the ledger is kept. Default: in memory, gone with the lattice. */
  readonly store?: LedgerStore | undefined;
  /** Parsed JSON of a policy file. Given, it is the whole truth: policies that it does not name are removed. */
  readonly policies?: PolicyFile | undefined;
  /** The kernel's module, for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

/** Options of a client inside the lattice; the key and the place are the lattice's business. */
export type EmbeddedOptions = Omit<
  ClientOptions,
  "apiKey" | "api_key" | "baseUrl" | "base_url" | "lattice" | "fetch" | "wasm"
>;

export interface EmbeddedAgentOptions extends EmbeddedOptions {
  /** Action types that it may ever ask for. Default: all, or those that it was registered with. */
  readonly capabilities?: readonly string[] | undefined;
}

export interface EmbeddedOperatorOptions extends EmbeddedOptions {
  /** What policies may name as `role:…`. Default: none, or those that it was registered with. */
  readonly roles?: readonly string[] | undefined;
}

/** The host operator, the lattice's owner. */
const hostName = "host";
const rowsPerLoad = 1000;
/** More than any request that the kernel takes. What is longer is cut here, and refused there. */
const requestBytesMax = 4 * 1024 * 1024;

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A lattice in this process.
 *
 * ```js
 * await using lattice = await Lattice.open({ policies });
 * const al = lattice.agent("deployer");
 * await al.execute("pr.open", { metadata: { pr_size: 12 } });
 * ```
 */
export class Lattice implements AsyncDisposable, LatticeConnection {
  readonly #store: LedgerStore | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Listeners();
  readonly #host: Client;
  #kernel: Kernel | undefined;
  #tickets = 0;
  /** The append in flight; it never rejects. */
  #appending: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(store: LedgerStore | undefined) {
    this.#store = store;
    this.#host = new Client("Lattice", {
      lattice: this,
      apiKey: () => this.#attach("operator", hostName),
    });
  }

  /**
   * Opens a lattice and reads its ledger. Fails with `LEDGER_CORRUPT` where the ledger is not what was written, with
   * `POLICY_INVALID`, whose details name every fault, where a policy does not mean anything. Nothing is open then.
   */
  static async open(options: LatticeOptions = {}): Promise<Lattice> {
    const known: Record<string, Kind> = { store: "object", policies: "json", wasm: "any" };
    const { store, policies, wasm } = readOptions("Lattice.open", options, known);
    const lattice = new Lattice(store);
    try {
      await lattice.#start(wasm);
      if (policies !== undefined) await lattice.#host.call("replacePolicies", { body: policies });
      return lattice;
    } catch (error) {
      await lattice.close().catch(() => {});
      throw error;
    }
  }

  /**
   * Answers one request of the wire API: a standard fetch handler, bound to this lattice. Rejects where nobody waits any more,
   * or nothing can be answered (closed, crashed).
   */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const body = await readBounded(request.body, requestBytesMax);
    const { signal } = request;
    if (signal.aborted) throw abortedError(signal);
    const kernel = this.#open();
    const headers = linesOf(request.headers);
    const ticket = ++this.#tickets;
    let stop = (): void => {};
    const answer = new Promise<Response>((resolve, reject) => {
      this.#waiting.set(ticket, { resolve, reject });
      stop = onAbort(signal, () => {
        reject(abortedError(signal));
        this.#inform("disconnected", ticket);
      });
      kernel.call("handle", ticket, request.method, pathname + search, headers, body);
    });
    try {
      return await answer;
    } finally {
      this.#waiting.delete(ticket);
      stop();
    }
  };

  /** An agent of this lattice, without a key; registered at its first call where it is not known. */
  agent(name: string, options: EmbeddedAgentOptions = {}): AgentLattice {
    readText("agent", "the name", name);
    const { capabilities, ...rest } = options;
    return new AgentLattice({
      ...rest,
      lattice: this,
      apiKey: async () => {
        await this.#host.call("registerAgent", {
          body: toWire({ name, capabilities, issueKey: false }),
        });
        return this.#attach("agent", name);
      },
    });
  }

  /** An operator of this lattice, without a key: by default its owner, else registered at its first call. */
  operator(name: string = hostName, options: EmbeddedOperatorOptions = {}): Operator {
    readText("operator", "the name", name);
    const { roles, ...rest } = options;
    return new Operator({
      ...rest,
      lattice: this,
      apiKey: async () => {
        if (name !== hostName) {
          await this.#host.call("registerOperator", {
            body: toWire({ name, roles, issueKey: false }),
          });
        }
        return this.#attach("operator", name);
      },
    });
  }

  /** Registers an agent that calls from elsewhere. Its key is in the answer, this once. */
  async registerAgent(registration: {
    readonly name: string;
    readonly capabilities?: readonly string[] | undefined;
  }): Promise<RegisteredAgent> {
    const known: Record<string, Kind> = { name: "string", capabilities: "strings" };
    return this.#host.call("registerAgent", {
      body: toWire({ ...readOptions("registerAgent", registration, known) }),
    });
  }

  /** The checkpoint over all rows, as a note in the C2SP tlog-checkpoint form. */
  async checkpoint(): Promise<string> {
    return (await this.#host.call<{ checkpoint: string }>("checkpoint")).checkpoint;
  }

  /**
   * Calls `listener` with each event after its row has become durable, in order, once, outside of any call. What it throws is
   * reported like any uncaught error.
   */
  onEvent(listener: (event: GovernanceEvent) => void): Subscription {
    return this.#listeners.add(listener);
  }

  /** Waits for the append in flight and closes the store. Whatever else is open, and every later call, fails with `CLOSED`. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  readonly connect = async (config: string): Promise<OpenClient> => {
    const kernel = this.#open();
    return {
      kernel,
      client: kernel.call<{ client: number }>("openClient", config).client,
      alone: false,
    };
  };

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Lattice { ledger: ${JSON.stringify(this.#store?.description ?? (this.#store ? "custom" : "memory"))}, … }`;
  }

  async #start(wasm: LatticeOptions["wasm"]): Promise<void> {
    const kernel = await Kernel.start({
      wasm,
      lattice: {
        respond: (ticket, status, headers, body) => this.#respond(ticket, status, headers, body),
        append: (batch, rows, firstRow) => this.#append(batch, rows, firstRow),
        publish: (events) => this.#listeners.publish(events),
        ended: (error) => this.#rejectWaiting(error),
      },
    });
    this.#kernel = kernel;
    kernel.call(
      "openLattice",
      toJson({ ledger: this.#store ? "host" : "memory" }, "the configuration"),
    );
    if (this.#store !== undefined) await this.#load(kernel, this.#store);
    kernel.call("startLattice");
  }

  async #load(kernel: Kernel, store: LedgerStore): Promise<void> {
    await store.open();
    let from = 0;
    for (;;) {
      const rows = await store.read(from, rowsPerLoad);
      if (rows.length === 0) return;
      try {
        kernel.call("loadRows", toJson(rows, "the ledger"));
      } catch (error) {
        throw withPlace(error, store);
      }
      from += rows.length;
    }
  }

  /** The kernel, while requests are taken. */
  #open(): Kernel {
    if (this.#closing !== undefined || this.#kernel === undefined)
      throw closedError("this lattice");
    if (this.#kernel.ended !== undefined) throw this.#kernel.ended;
    return this.#kernel;
  }

  async #attach(kind: "agent" | "operator", name: string): Promise<string> {
    return this.#open().call<{ api_key: string }>("attach", kind, name).api_key;
  }

  /** Tells the kernel something that nobody waits for. Where it has ended, that was told already. */
  #inform(entry: "disconnected" | "appended" | "appendFailed", ...args: (number | string)[]): void {
    try {
      this.#kernel?.call(entry, ...args);
    } catch {
      // INVARIANT: every caller of an ended kernel was rejected when it ended.
    }
  }

  #respond(ticket: number, status: number, headerLines: string, body: string): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    try {
      waiting.resolve(
        new Response(body === "" ? null : body, { status, headers: headersOf(headerLines) }),
      );
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** Group commit: the kernel holds back every answer that rests on these rows until it hears that they are durable. */
  #append(batch: number, rows: string, firstRow: number): void {
    const failed = (error: unknown): void =>
      this.#inform("appendFailed", batch, error instanceof Error ? error.message : String(error));
    try {
      const appending = this.#store?.append(firstRow, JSON.parse(rows) as LedgerRow[]);
      if (!(appending instanceof Promise)) {
        this.#inform("appended", batch);
        return;
      }
      const done = appending
        .then(() => this.#inform("appended", batch), failed)
        .finally(() => {
          if (this.#appending === done) this.#appending = undefined;
        });
      this.#appending = done;
    } catch (error) {
      failed(error);
    }
  }

  #rejectWaiting(error: AgentLatticeError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #shutDown(): Promise<void> {
    await this.#appending;
    this.#kernel?.close("this lattice");
    // The answers to the first may have let a second begin; nobody waits for it, but the store is at work.
    await this.#appending;
    await this.#store?.close();
  }
}

/** An error about rows, with where they are kept and what to do. */
function withPlace(error: unknown, store: LedgerStore): unknown {
  if (!(error instanceof AgentLatticeError)) return error;
  const place = store.description ?? "the ledger";
  const advice = "nothing was changed; restore it from a copy, or begin a new ledger elsewhere";
  return new AgentLatticeError(error.code, `${place}: ${error.message}; ${advice}`, {
    details: error.details,
    cause: error,
  });
}
