// The embedded lattice: a governance service inside this process. It answers requests, keeps the ledger, passes on events;
// what is allowed is the kernel's business.

import { AgentLattice } from "./agent-lattice.js";
import { Client, configOf } from "./client.js";
import type { ClientOptions, LatticeConnection, OpenClient } from "./client-options.js";
import { Connections, type ServerSocket } from "./connections.js";
import { embeddedPayload } from "./embedded-payload.js";
import { closedError, invalidArgument } from "./errors.js";
import { Exchanges } from "./exchanges.js";
import { Kernel } from "./kernel.js";
import { Ledger } from "./ledger.js";
import type { WasmSource } from "./loaders/platform.js";
import { Operator } from "./operator.js";
import { type Kind, readOptions, readText } from "./options.js";
import { Realtime, type Subscription } from "./realtime.js";
import { documentOf, plain } from "./requests.js";
import { Notary, type Signer } from "./signing.js";
import type { LedgerStore } from "./stores/store.js";
import { toJson } from "./text.js";
import type { GovernanceEvent, PolicyFile, RegisteredAgent } from "./types.js";
import { toWire } from "./wire-names.js";

/** Options of `Lattice.open`. */
export interface LatticeOptions {
  /** Where the ledger is kept. Default: in memory, gone with the lattice. */
  readonly store?: LedgerStore | undefined;
  /** Who signs the checkpoints; `importSigningKey` makes one. Default: they are not signed. */
  readonly signer?: Signer | undefined;
  /** A policy file: its JSON text, which is best (a parsed value has lost names that stand twice), or its value. Given, it is the whole truth: policies that it does not name are removed. */
  readonly policies?: string | PolicyFile | undefined;
  /**
   * Is told when something will be due next (an approval's window, a delegation's end), as Unix time in milliseconds, or null:
   * nothing will. For hosts that may sleep: whatever wakes them then calls {@link Lattice.wake}. A process that goes on needs
   * no such thing. Called often; must not throw.
   */
  readonly onDeadline?: ((at: number | null) => void) | undefined;
  /** The kernel's module (`agentlattice.wasm`), for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

/** Options of a client inside the lattice; the key and the place are the lattice's business. */
export type EmbeddedOptions = Omit<
  ClientOptions,
  | "apiKey"
  | "api_key"
  | "baseUrl"
  | "base_url"
  | "lattice"
  | "fetch"
  | "WebSocket"
  | "hooks"
  | "logger"
  | "wasm"
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
  readonly #ledger: Ledger;
  readonly #notary: Notary;
  readonly #exchanges = new Exchanges();
  readonly #connections = new Connections();
  readonly #events: Realtime;
  readonly #host: Client;
  #ears: OpenClient | undefined;
  #kernel: Kernel | undefined;
  #closing: Promise<void> | undefined;

  private constructor(store: LedgerStore | undefined, signer: Signer | undefined) {
    this.#ledger = new Ledger(store);
    this.#notary = new Notary(signer);
    this.#host = new Client("Lattice", {
      lattice: this,
      apiKey: () => this.attach("operator", hostName),
    });
    this.#events = new Realtime((filter, sink) => {
      // At once, so that nothing happens between the wish to listen and the first that is heard.
      this.#ears ??= this.openClient(configOf({}, this.attach("operator", hostName)));
      const { kernel, client } = this.#ears;
      return kernel.subscribe(client, toJson(toWire({ ...filter }), "the filter"), sink);
    });
  }

  /**
   * Opens a lattice and reads its ledger. Fails with `LEDGER_CORRUPT` where the ledger is not what was written, with
   * `POLICY_INVALID`, whose details name every fault, where a policy does not mean anything. Nothing is open then.
   */
  static async open(options: LatticeOptions = {}): Promise<Lattice> {
    const known: Record<string, Kind> = {
      store: "object",
      signer: "object",
      policies: "document",
      onDeadline: "function",
      wasm: "any",
    };
    const read = readOptions("Lattice.open", options, known);
    const { store, signer, policies, onDeadline, wasm } = read;
    checkStore(store);
    const lattice = new Lattice(store, signer);
    try {
      await lattice.#start(wasm, onDeadline);
      if (policies !== undefined)
        await lattice.#ask("replacePolicies", documentOf("Lattice.open", policies));
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
  readonly fetch = (request: Request): Promise<Response> =>
    this.#exchanges.answer(request, () => this.#open());

  /**
   * Takes a WebSocket that somebody opened to `/api/v1/events`: a standard one, accepted and open. It is the lattice's from
   * then on.
   */
  connect(socket: ServerSocket): void {
    this.#connections.add(this.#open(), socket);
  }

  /** Ends what is due. For a host that slept; harmless at any time. */
  wake(): void {
    this.#open().wake();
  }

  /** An agent of this lattice, without a key; registered at its first call where it is not known. */
  agent(name: string, options: EmbeddedAgentOptions = {}): AgentLattice {
    readText("agent", "the name", name);
    const { capabilities, ...rest } = options;
    return new AgentLattice({
      ...rest,
      lattice: this,
      apiKey: async () => {
        await this.#ask("registerAgent", toWire({ name, capabilities, issueKey: false }));
        return this.attach("agent", name);
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
        if (name !== hostName)
          await this.#ask("registerOperator", toWire({ name, roles, issueKey: false }));
        return this.attach("operator", name);
      },
    });
  }

  /** Registers an agent that calls from elsewhere. Its key is in the answer, this once. */
  async registerAgent(registration: {
    readonly name: string;
    readonly capabilities?: readonly string[] | undefined;
  }): Promise<RegisteredAgent> {
    const known: Record<string, Kind> = { name: "string", capabilities: "strings" };
    const read = readOptions("registerAgent", registration, known);
    return this.#ask("registerAgent", toWire({ ...read }));
  }

  /**
   * The checkpoint over all rows, as a note in the C2SP tlog-checkpoint form: signed where there is a signer, else its text
   * alone. Fails with `LEDGER_UNAVAILABLE` where the signer does.
   */
  async checkpoint(): Promise<string> {
    return (await this.#ask<{ checkpoint: string }>("checkpoint")).checkpoint;
  }

  /**
   * Calls `listener` with each event after its row has become durable, in order, once, outside of any call. What it throws is
   * reported like any uncaught error.
   */
  onEvent(listener: (event: GovernanceEvent) => void): Subscription {
    this.#open();
    return this.#events.on(listener);
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
  readonly attach = (kind: "agent" | "operator", name: string): string =>
    this.#open().call<{ api_key: string }>("attach", kind, name).api_key;

  /** @internal */
  readonly openClient = (config: string): OpenClient => {
    const kernel = this.#open();
    const { client } = kernel.call<{ client: number }>("openClient", config);
    return { kernel, client, alone: false };
  };

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Lattice { ledger: ${JSON.stringify(this.#ledger.description)}, … }`;
  }

  async #start(
    wasm: LatticeOptions["wasm"],
    onDeadline: LatticeOptions["onDeadline"],
  ): Promise<void> {
    const inside = (): Kernel => this.#kernel as Kernel;
    const kernel = await Kernel.start(embeddedPayload, {
      wasm,
      lattice: {
        respond: (...answer) => this.#exchanges.respond(...answer),
        append: (...batch) => this.#ledger.append(inside(), ...batch),
        atOnce: (call) => this.#ledger.atOnce(call),
        read: (...range) => this.#ledger.read(inside(), ...range),
        saveSnapshot: (...snapshot) => this.#ledger.saveSnapshot(...snapshot),
        redact: (...batch) => this.#ledger.redact(inside(), ...batch),
        sign: (...note) => this.#notary.sign(inside(), ...note),
        send: (...frame) => this.#connections.send(inside(), ...frame),
        hangUp: (...end) => this.#connections.hangUp(...end),
        wakeIn: onDeadline && ((ms) => onDeadline(ms === undefined ? null : Date.now() + ms)),
        ended: (error) => {
          this.#exchanges.end(error);
          this.#connections.end();
        },
      },
    });
    this.#kernel = kernel;
    await this.#ledger.load(kernel, this.#notary.verifierKey);
    kernel.call("startLattice");
    // Whoever opened it has waited for those rows; the next need not.
    if (this.#ledger.wantsSnapshot) kernel.inform("takeSnapshot");
  }

  /** Something that the lattice's owner asks of it. */
  #ask<T>(operation: string, body?: unknown): Promise<T> {
    return this.#host.call<T>(() => plain(operation, [], undefined, body));
  }

  /** The kernel, while requests are taken. */
  #open(): Kernel {
    if (this.#closing !== undefined || this.#kernel === undefined)
      throw closedError("this lattice");
    if (this.#kernel.ended !== undefined) throw this.#kernel.ended;
    return this.#kernel;
  }

  async #shutDown(): Promise<void> {
    // Else whoever calls again as soon as it is answered would keep the store at work for ever.
    this.#kernel?.refuse("this lattice");
    await this.#ledger.settled();
    if (this.#ledger.wantsSnapshot) this.#kernel?.inform("takeSnapshot");
    await this.#ledger.settled();
    this.#kernel?.close("this lattice");
    // The answers to the first may have let a second begin; nobody waits for it, but the store is at work.
    await this.#ledger.settled();
    await this.#ledger.close();
  }
}

function checkStore(store: LedgerStore | undefined): void {
  for (const method of ["open", "read", "append", "close"] as const) {
    if (store === undefined || typeof store[method] === "function") continue;
    throw invalidArgument(
      `Lattice.open: "store" must be a ledger store; this one has no function "${method}"`,
    );
  }
}
