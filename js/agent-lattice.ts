// The façade of an agent: every method is one call of the kernel.

import type { Answer } from "./answer.js";
import { Client } from "./client.js";
import type { ClientOptions } from "./client-options.js";
import { closeAll, DelegatedAgent, delegate, scoped } from "./delegated-agent.js";
import { invalidArgument } from "./errors.js";
import type { EventStream } from "./event-stream.js";
import { checkBody } from "./options.js";
import type { EventsOptions, SubscribeOptions, Subscription } from "./realtime.js";
import * as requests from "./requests.js";
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
  GovernanceEvent,
  Policy,
  Posture,
  PostureQuery,
  Receipt,
  Report,
  ReportOutcome,
  Verification,
  WhoAmI,
} from "./types.js";

/** Options of `new AgentLattice(…)`. */
export interface AgentLatticeOptions extends ClientOptions {}

/** What `parallel` takes: delegations on their way, or functions that start one. */
export type PendingDelegation = PromiseLike<DelegatedAgent> | (() => PromiseLike<DelegatedAgent>);

/** Sub-agents of one fan-out, in the order in which they were asked for. `await using` closes them together. */
export type DelegatedAgents<Pending extends readonly PendingDelegation[]> = {
  readonly [Index in keyof Pending]: DelegatedAgent;
} & AsyncDisposable;

/**
 * An agent under governance, the client of a lattice. The constructor checks its options and does nothing else; the module
 * is loaded by the first call.
 *
 * Unless said otherwise a method rejects with AgentLatticeError (`UNAUTHENTICATED`, `INVALID_ARGUMENT`, …) or one of its
 * kinds: AgentLatticeConnectionError, AgentLatticeProtocolError, AgentLatticeAbortedError, AgentLatticeCrashedError. An
 * error is never a permission.
 *
 * ```js
 * const al = new AgentLattice({ apiKey: process.env.AL_API_KEY });
 * await al.gate("pr.merge");
 * ```
 */
export class AgentLattice implements Disposable, AsyncDisposable {
  readonly #client: Client;

  constructor(options: AgentLatticeOptions) {
    this.#client = new Client("AgentLattice", options);
  }

  /**
   * Submits an action and says at once what became of it: `executed`, `requested` (it waits for an approval) or `denied`.
   * The action may run only when it is `executed`.
   */
  execute(actionType: string, options?: ActionOptions): Answer<ActionResult> {
    return this.#client.call(
      () => requests.action("execute", actionType, options),
      requests.asResult,
    );
  }

  /**
   * Submits an action and resolves when it may run, with `approval` where a person approved it. Rejects with
   * AgentLatticeDeniedError where a policy or a person denies it, with AgentLatticeTimeoutError where nobody decides in time.
   */
  gate(actionType: string, options?: ActionOptions): Answer<ActionResult> {
    return this.#client.call(() => requests.action("gate", actionType, options), requests.asResult);
  }

  /** Goes on waiting for an approval that was asked for earlier, in another process perhaps. Settles like `gate`. */
  resumeGate(approvalId: string, options?: CallOptions): Answer<ActionResult> {
    return this.#client.call(() => requests.resumeGate(approvalId, options), requests.asResult);
  }

  /**
   * Makes a sub-agent with narrowed capabilities. Use it with `await using`, or hand over what it is to do: then it is
   * revoked afterwards, whatever happened, and where both fail, the error of `body` is the one that counts.
   */
  delegate(name: string, options: DelegateOptions): Promise<DelegatedAgent>;
  delegate<T>(
    name: string,
    options: DelegateOptions,
    body: (agent: DelegatedAgent) => T | Promise<T>,
  ): Promise<T>;
  async delegate<T>(
    name: string,
    options: DelegateOptions,
    body?: (agent: DelegatedAgent) => T | Promise<T>,
  ): Promise<DelegatedAgent | T> {
    return delegate(this.#client, name, options, body);
  }

  /**
   * Several sub-agents at once, all or none: where one cannot be made, the others are revoked and its error is thrown.
   *
   * ```js
   * await AgentLattice.parallel(
   *   [al.delegate("r1", { capabilities: ["read"], ttl: 60 }), al.delegate("r2", { capabilities: ["read"], ttl: 60 })],
   *   async ([r1, r2]) => Promise.all([r1.execute("read"), r2.execute("read")]),
   * );
   * ```
   */
  static parallel<const P extends readonly PendingDelegation[]>(
    pending: P,
  ): Promise<DelegatedAgents<P>>;
  static parallel<const P extends readonly PendingDelegation[], T>(
    pending: P,
    body: (agents: DelegatedAgents<P>) => T | Promise<T>,
  ): Promise<T>;
  static async parallel<const P extends readonly PendingDelegation[], T>(
    pending: P,
    body?: (agents: DelegatedAgents<P>) => T | Promise<T>,
  ): Promise<DelegatedAgents<P> | T> {
    if (!Array.isArray(pending))
      throw invalidArgument("parallel: the delegations must be an array");
    const creations = await Promise.allSettled(pending.map(madeBy));
    const created = creations.flatMap((creation) =>
      creation.status === "fulfilled" ? [creation.value] : [],
    );
    const failed = creations.find((creation) => creation.status === "rejected");
    try {
      if (failed !== undefined) throw failed.reason;
      checkBody("parallel", body);
    } catch (error) {
      await Promise.allSettled(created.map((agent) => agent.close()));
      throw error;
    }
    const agents = Object.defineProperty([...created], Symbol.asyncDispose, {
      value: () => closeAll(created),
    }) as unknown as DelegatedAgents<P>;
    return body === undefined ? agents : scoped(agents, created, body);
  }

  /** Who this agent is: identity, circuit breaker, policies, delegations. */
  whoami(options?: CallOptions): Answer<WhoAmI> {
    return this.#client.call(() => requests.plain("whoami", [], options));
  }

  /** The policies that govern this agent, or with `"org"` all of the organisation. */
  policies(
    scope: "own" | "org" = "own",
    options?: CallOptions,
  ): Answer<{ readonly policies: readonly Policy[] }> {
    return this.#client.call(() => requests.policies(scope, options));
  }

  /** What would happen to an action. Nothing is recorded and nobody is asked. */
  canI(actionType: string, options?: CanIOptions): Answer<CanI> {
    return this.#client.call(() => requests.canI(actionType, options));
  }

  /** One page of the audit trail, newest first. */
  audit(query?: AuditQuery): Answer<AuditPage> {
    return this.#client.call(() => requests.audit(query));
  }

  /** The whole audit trail, newest first, page after page (`limit` events on each), as it is consumed. */
  async *auditAll(query: AuditQuery = {}): AsyncGenerator<AuditEvent, void, undefined> {
    let page: AuditPage;
    let cursor = query.cursor;
    do {
      page = await this.audit({ ...query, cursor });
      yield* page.events;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Recomputes the audit log of the organisation, here, and says whether it is what was written, and whether it continues what
   * this client verified before (the option `checkpoints`). `CHECKPOINT_UNAVAILABLE` where that cannot be read or kept.
   */
  verify(options?: CallOptions): Answer<Verification> {
    return this.#client.verify(options);
  }

  /**
   * A receipt of an action: its latest row, and the proof that it stands in the ledger. `verifyReceipt` checks it offline, where
   * the lattice signs its checkpoints.
   */
  receipt(auditEventId: string, options?: CallOptions): Answer<Receipt> {
    return this.#client.call(() => requests.plain("receipt", [auditEventId], options));
  }

  /** Delegations given or held. */
  delegations(query?: DelegationsQuery): Answer<{ readonly delegations: readonly Delegation[] }> {
    return this.#client.call(() => requests.delegations(query));
  }

  /** Ends a delegation and everything below it. A second time it answers the same. */
  revoke(delegationId: string, options?: CallOptions): Answer<{ readonly revoked: boolean }> {
    return this.#client.call(() => requests.plain("revoke", [delegationId], options));
  }

  /** Reports what became of an executed action. Reporting again adds to the record. */
  report(auditEventId: string, outcome: ReportOutcome, options?: CallOptions): Answer<Report> {
    return this.#client.call(() => requests.report(auditEventId, outcome, options));
  }

  /** How well this organisation is governed, 0 – 100, with its components. */
  posture(query?: PostureQuery): Answer<Posture> {
    return this.#client.call(() => requests.posture(query));
  }

  /**
   * Calls `listener` with each event that is about this agent, and with changes of policies: once, in order, whatever the
   * connection does meanwhile. Resolves when events flow. `orgId` may be null: a key belongs to one organisation. What the
   * listener throws is reported like any uncaught error.
   */
  async subscribe(
    orgId: string | null,
    listener: (event: GovernanceEvent) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return this.#client.realtime.subscribe(orgId, listener, options);
  }

  /**
   * The same, for a loop. A loop that is slower than the events holds them back at the service, and misses none.
   *
   * ```js
   * for await (const { eventType, data } of al.events({ events: ["action.denied"] })) console.log(eventType, data);
   * ```
   */
  events(options?: EventsOptions): EventStream {
    return this.#client.realtime.events(options);
  }

  /** Ends every subscription of this client. */
  async unsubscribe(): Promise<void> {
    this.#client.realtime.unsubscribe();
  }

  /** Rejects whatever is open, and every later call, with `CLOSED`. */
  close(): void {
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** What inspection shows: where it talks to, and nothing else. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `AgentLattice { baseUrl: ${JSON.stringify(this.#client.target)}, … }`;
  }
}

/** The delegation that one item of `parallel` stands for. What turns out to be none is not ours to close. */
async function madeBy(item: PendingDelegation): Promise<DelegatedAgent> {
  const agent = await (typeof item === "function" ? item() : item);
  if (agent instanceof DelegatedAgent) return agent;
  throw invalidArgument(
    "parallel: each item must be what delegate returns, or a function that returns it",
  );
}
