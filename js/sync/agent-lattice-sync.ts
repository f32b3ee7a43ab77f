// The synchronous façade of an agent: the methods of AgentLattice, without promises.

import { NetworkCaller } from "#network-caller";
import type { CheckpointStore } from "../checkpoints.js";
import { MemoryCheckpointStore } from "../checkpoints.js";
import { configOf } from "../client.js";
import { type ClientOptions, readClientOptions, targetOf } from "../client-options.js";
import { invalidArgument } from "../errors.js";
import { readOptions } from "../options.js";
import * as requests from "../requests.js";
import type {
  ActionOptions,
  ActionResult,
  AuditEvent,
  AuditPage,
  AuditQuery,
  CallOptions,
  CanI,
  CanIOptions,
  DelegateOptions,
  Delegation,
  DelegationsQuery,
  Policy,
  Posture,
  PostureQuery,
  Receipt,
  Report,
  ReportOutcome,
  Verification,
  WhoAmI,
} from "../types.js";
import { toWire } from "../wire-names.js";
import { type Caller, verifyNow, without } from "./caller.js";
import { DelegatedAgentSync, scopedNow } from "./delegated-agent-sync.js";
import { EmbeddedCaller } from "./embedded-caller.js";

/** A method's options without a signal: while it runs, nobody in this thread can abort anything. */
export type Sync<T> = Omit<T, "signal">;

/** Options of `new AgentLatticeSync(…)`. */
export interface AgentLatticeSyncOptions
  extends Omit<ClientOptions, "apiKey" | "fetch" | "WebSocket" | "hooks" | "logger" | "trust"> {
  /** As for AgentLattice; a function must return the key, no promise. */
  readonly apiKey?: string | (() => string) | undefined;
  /** With `lattice`, in place of a key: who the agent is. It is registered where it is not known. */
  readonly agent?: string | undefined;
  /** With `agent`: action types that it may ever ask for. Default: all, or those that it was registered with. */
  readonly capabilities?: readonly string[] | undefined;
}

/**
 * An agent under governance, for code that cannot wait for promises. Each method returns what its twin of AgentLattice resolves
 * with, and throws what that rejects with.
 *
 * With a lattice in this process it works everywhere: the kernel answers at once. Where that would need this very thread (a
 * person must decide, a store is asynchronous) it throws `WOULD_BLOCK`. With a service it blocks the thread until the answer
 * is there, on Node.js, Deno and Bun, and throws `WOULD_BLOCK` elsewhere. A service in the same thread cannot answer it.
 *
 * ```js
 * const al = new AgentLatticeSync({ lattice, agent: "deployer" });
 * const { status } = al.execute("pr.open", { metadata: { pr_size: 12 } });
 * ```
 */
export class AgentLatticeSync implements Disposable {
  readonly #caller: Caller;
  readonly #checkpoints: CheckpointStore;
  readonly #target: string;

  constructor(options: AgentLatticeSyncOptions) {
    const name = "AgentLatticeSync";
    const { agent, capabilities, ...rest } = without(name, Object(options) as typeof options);
    const { lattice } = rest;
    if (lattice !== undefined && (agent ?? rest.apiKey ?? rest.api_key) === undefined)
      throw invalidArgument(`${name}: "agent" is missing, its name in the lattice`);
    if (agent !== undefined && lattice === undefined)
      throw invalidArgument(
        `${name}: "agent" goes with "lattice"; a service knows who has the key`,
      );
    readOptions(name, { agent, capabilities }, { agent: "string", capabilities: "strings" });
    const apiKey =
      agent === undefined ? rest.apiKey : (): string => register(rest, agent, capabilities);
    const { checkpoints, ...checked } = readClientOptions(name, { ...rest, apiKey });
    this.#target = targetOf(name, checked);
    this.#checkpoints = checkpoints ?? new MemoryCheckpointStore();
    this.#caller =
      lattice === undefined
        ? new NetworkCaller({ ...checked, apiKey: keyNow(checked) })
        : new EmbeddedCaller(() => lattice.openClient(configOf(checked, keyNow(checked))));
  }

  /** As {@link AgentLattice.execute}. */
  execute(actionType: string, options?: Sync<ActionOptions>): ActionResult {
    return requests.asResult(this.#caller.call(requests.action("execute", actionType, options)));
  }

  /**
   * As {@link AgentLattice.gate}. Blocks until somebody decides; in a lattice of this thread, where nobody could, it throws
   * `WOULD_BLOCK` with the `approvalId`.
   */
  gate(actionType: string, options?: Sync<ActionOptions>): ActionResult {
    return requests.asResult(this.#caller.call(requests.action("gate", actionType, options)));
  }

  /** As {@link AgentLattice.resumeGate}. */
  resumeGate(approvalId: string, options?: Sync<CallOptions>): ActionResult {
    return requests.asResult(this.#caller.call(requests.resumeGate(approvalId, options)));
  }

  /** As {@link AgentLattice.delegate}; use it with `using`, or hand over what the child is to do. */
  delegate(name: string, options: Sync<DelegateOptions>): DelegatedAgentSync;
  delegate<T>(
    name: string,
    options: Sync<DelegateOptions>,
    body: (agent: DelegatedAgentSync) => T,
  ): T;
  delegate<T>(
    name: string,
    options: Sync<DelegateOptions>,
    body?: (agent: DelegatedAgentSync) => T,
  ): DelegatedAgentSync | T {
    return DelegatedAgentSync.make(this.#caller, name, options, body);
  }

  /** Several sub-agents, all or none, and what they are to do, one after the other. */
  static parallel<T>(
    pending: readonly (() => DelegatedAgentSync)[],
    body: (agents: readonly DelegatedAgentSync[]) => T,
  ): T {
    if (!Array.isArray(pending) || ![...pending, body].every((item) => typeof item === "function"))
      throw invalidArgument("parallel takes an array of functions, and a function");
    const created: DelegatedAgentSync[] = [];
    return scopedNow(created, () => {
      for (const make of pending) {
        const agent: unknown = make();
        if (!(agent instanceof DelegatedAgentSync))
          throw invalidArgument("parallel: each function must return what delegate returns");
        created.push(agent);
      }
      return body(created);
    });
  }

  whoami(options?: Sync<CallOptions>): WhoAmI {
    return this.#caller.call(requests.plain("whoami", [], options));
  }

  policies(
    scope: "own" | "org" = "own",
    options?: Sync<CallOptions>,
  ): { readonly policies: readonly Policy[] } {
    return this.#caller.call(requests.policies(scope, options));
  }

  canI(actionType: string, options?: Sync<CanIOptions>): CanI {
    return this.#caller.call(requests.canI(actionType, options));
  }

  audit(query?: Sync<AuditQuery>): AuditPage {
    return this.#caller.call(requests.audit(query));
  }

  *auditAll(query: Sync<AuditQuery> = {}): Generator<AuditEvent, void, undefined> {
    let cursor = query.cursor;
    do {
      const page: AuditPage = this.audit({ ...query, cursor });
      yield* page.events;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** As {@link AgentLattice.verify}; the store of checkpoints must answer without promises. */
  verify(options?: Sync<CallOptions>): Verification {
    return verifyNow(this.#caller, this.#checkpoints, this.#target, options);
  }

  delegations(query?: Sync<DelegationsQuery>): { readonly delegations: readonly Delegation[] } {
    return this.#caller.call(requests.delegations(query));
  }

  revoke(delegationId: string, options?: Sync<CallOptions>): { readonly revoked: boolean } {
    return this.#caller.call(requests.plain("revoke", [delegationId], options));
  }

  receipt(auditEventId: string, options?: Sync<CallOptions>): Receipt {
    return this.#caller.call(requests.plain("receipt", [auditEventId], options));
  }

  report(auditEventId: string, outcome: ReportOutcome, options?: Sync<CallOptions>): Report {
    return this.#caller.call(requests.report(auditEventId, outcome, options));
  }

  posture(query?: Sync<PostureQuery>): Posture {
    return this.#caller.call(requests.posture(query));
  }

  /** Ends it, and its thread where it has one. Every later call fails with `CLOSED`. */
  close(): void {
    this.#caller.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `AgentLatticeSync { baseUrl: ${JSON.stringify(this.#target)}, … }`;
  }
}

function keyNow({ apiKey }: ClientOptions): string {
  const key = typeof apiKey === "function" ? apiKey() : apiKey;
  if (typeof key === "string") return key;
  throw invalidArgument('AgentLatticeSync: the function "apiKey" must return the key, no promise');
}

/** Has the lattice's owner register an agent. */
function register(
  { lattice }: ClientOptions,
  name: string,
  capabilities: readonly string[] | undefined,
): string {
  if (lattice === undefined) throw invalidArgument('AgentLatticeSync: "lattice" is missing');
  const owner = new EmbeddedCaller(() =>
    lattice.openClient(configOf({}, lattice.attach("operator", "host"))),
  );
  const body = toWire({ name, capabilities, issueKey: false });
  owner.call(requests.plain("registerAgent", [], undefined, body));
  owner.close();
  return lattice.attach("agent", name);
}
