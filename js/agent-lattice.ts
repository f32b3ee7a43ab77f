// The façade of an agent: every method is one call of the kernel.

import { Client, type ClientOptions } from "./client.js";
import {
  act,
  closeAll,
  type DelegatedAgent,
  delegate,
  resumeGate,
  scoped,
} from "./delegated-agent.js";
import { invalidArgument } from "./errors.js";
import { callOptions, readOptions, readText } from "./options.js";
import { toQuery } from "./text.js";
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
  Report,
  ReportOutcome,
  Verification,
  WhoAmI,
} from "./types.js";
import { toWire } from "./wire-names.js";

/** Options of `new AgentLattice(…)`. */
export interface AgentLatticeOptions extends ClientOptions {}

/** What `parallel` takes: delegations on their way, or functions that start one. */
export type PendingDelegation = PromiseLike<DelegatedAgent> | (() => PromiseLike<DelegatedAgent>);

/** Sub-agents of one fan-out, in the order in which they were asked for. `await using` closes them together. */
export type DelegatedAgents<Pending extends readonly PendingDelegation[]> = {
  readonly [Index in keyof Pending]: DelegatedAgent;
} & AsyncDisposable;

const reportOptions = { status: "string", message: "string", metadata: "object" } as const;
const auditOptions = {
  ...callOptions,
  cursor: "string",
  limit: "integer",
  actionType: "string",
} as const;

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
  async execute(actionType: string, options?: ActionOptions): Promise<ActionResult> {
    return act(this.#client, "execute", actionType, options);
  }

  /**
   * Submits an action and resolves when it may run, with `approval` where a person approved it. Rejects with
   * AgentLatticeDeniedError where a policy or a person denies it, with AgentLatticeTimeoutError where nobody decides in time.
   */
  async gate(actionType: string, options?: ActionOptions): Promise<ActionResult> {
    return act(this.#client, "gate", actionType, options);
  }

  /** Goes on waiting for an approval that was asked for earlier, in another process perhaps. Settles like `gate`. */
  async resumeGate(approvalId: string, options?: CallOptions): Promise<ActionResult> {
    return resumeGate(this.#client, approvalId, options);
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
    const creations = await Promise.allSettled(
      pending.map(async (item: PendingDelegation) => (typeof item === "function" ? item() : item)),
    );
    const created = creations.flatMap((creation) =>
      creation.status === "fulfilled" ? [creation.value] : [],
    );
    const failed = creations.find((creation) => creation.status === "rejected");
    if (failed !== undefined) {
      await Promise.allSettled(created.map((agent) => agent.close()));
      throw failed.reason;
    }
    const agents = Object.defineProperty([...created], Symbol.asyncDispose, {
      value: () => closeAll(created),
    }) as unknown as DelegatedAgents<P>;
    return body === undefined ? agents : scoped(agents, created, body);
  }

  /** Who this agent is: identity, circuit breaker, policies, delegations. */
  async whoami(options?: CallOptions): Promise<WhoAmI> {
    return this.#client.call("whoami", readOptions("whoami", options, callOptions));
  }

  /** The policies that govern this agent, or with `"org"` all of the organisation. */
  async policies(
    scope: "own" | "org" = "own",
    options?: CallOptions,
  ): Promise<{ readonly policies: readonly Policy[] }> {
    const rest = readOptions("policies", options, callOptions);
    return this.#client.call("policies", { ...rest, query: toQuery({ scope }) });
  }

  /** What would happen to an action. Nothing is recorded and nobody is asked. */
  async canI(actionType: string, options?: CanIOptions): Promise<CanI> {
    const known = { ...callOptions, metadata: "object", dataAccessed: "json" } as const;
    const { metadata, dataAccessed, ...rest } = readOptions("canI", options, known);
    const body = toWire({
      actionType: readText("canI", "the action type", actionType),
      metadata,
      dataAccessed,
    });
    return this.#client.call("canI", { ...rest, body });
  }

  /** One page of the audit trail, newest first. */
  async audit(query?: AuditQuery): Promise<AuditPage> {
    const { cursor, limit, actionType, ...rest } = readOptions("audit", query, auditOptions);
    return this.#client.call("audit", {
      ...rest,
      query: toQuery({ cursor, limit, action_type: actionType }),
    });
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

  /** Recomputes the audit log of the organisation and says whether it is what was written. */
  async verify(options?: CallOptions): Promise<Verification> {
    return this.#client.call("verify", readOptions("verify", options, callOptions));
  }

  /** Delegations given or held. */
  async delegations(
    query?: DelegationsQuery,
  ): Promise<{ readonly delegations: readonly Delegation[] }> {
    const known = { ...callOptions, role: "string", activeOnly: "boolean" } as const;
    const { role, activeOnly, ...rest } = readOptions("delegations", query, known);
    return this.#client.call("delegations", {
      ...rest,
      query: toQuery({ role, active_only: activeOnly }),
    });
  }

  /** Ends a delegation and everything below it. A second time it answers the same. */
  async revoke(
    delegationId: string,
    options?: CallOptions,
  ): Promise<{ readonly revoked: boolean }> {
    return this.#client.call("revoke", {
      ...readOptions("revoke", options, callOptions),
      args: [delegationId],
    });
  }

  /** Reports what became of an executed action. Reporting again adds to the record. */
  async report(
    auditEventId: string,
    outcome: ReportOutcome,
    options?: CallOptions,
  ): Promise<Report> {
    const rest = readOptions("report", options, callOptions);
    const { status, message, metadata } = readOptions("report", outcome, reportOptions);
    const body = toWire({
      auditEventId: readText("report", "the audit event's id", auditEventId),
      status,
      message,
      metadata,
    });
    return this.#client.call("report", { ...rest, body });
  }

  /** How well this organisation is governed, 0 – 100, with its components. */
  async posture(query?: PostureQuery): Promise<Posture> {
    const { agent, ...rest } = readOptions("posture", query, { ...callOptions, agent: "string" });
    return this.#client.call("posture", { ...rest, query: toQuery({ agent }) });
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
