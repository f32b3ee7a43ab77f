// The façade of an operator: the person, or the program on their behalf, who decides and writes policies.

import type { Answer } from "./answer.js";
import type { Submission } from "./boundary.js";
import { Client } from "./client.js";
import type { ClientOptions } from "./client-options.js";
import type { EventStream } from "./event-stream.js";
import { callOptions, type Kind, readOptions, readText } from "./options.js";
import type { EventsOptions, SubscribeOptions, Subscription } from "./realtime.js";
import * as requests from "./requests.js";
import { toQuery } from "./text.js";
import type {
  Approval,
  ApprovalStatus,
  AuditPage,
  AuditQuery,
  CallOptions,
  GovernanceEvent,
  Policy,
  PolicyDocument,
  PolicyFile,
  Posture,
  PostureQuery,
  Receipt,
  RegisteredAgent,
  RegisteredOperator,
  Settings,
  SettingsChange,
  Verification,
  WhoAmI,
} from "./types.js";
import { toWire } from "./wire-names.js";

export interface ApprovalsQuery extends CallOptions {
  /** Default: `pending`. */
  readonly status?: ApprovalStatus | undefined;
  readonly cursor?: string | undefined;
  /** On a page, 1 – 500. Default: 50. */
  readonly limit?: number | undefined;
}

export interface ApprovalsPage {
  readonly approvals: readonly Approval[];
  readonly nextCursor: string | null;
}

export interface AgentRegistration extends CallOptions {
  readonly name: string;
  /** Action types that it may ever ask for, exact or as prefixes. Default: all (`*`). */
  readonly capabilities?: readonly string[] | undefined;
}

export interface OperatorRegistration extends CallOptions {
  readonly name: string;
  /** What policies may name as `role:…` among their approvers. */
  readonly roles?: readonly string[] | undefined;
}

/** Options of `new Operator(…)`: an operator's key, and a service or a lattice. */
export interface OperatorOptions extends ClientOptions {}

/** An operator of an organisation. Errors are those of {@link AgentLattice}; `FORBIDDEN` for an agent's key. */
export class Operator implements Disposable, AsyncDisposable {
  readonly #client: Client;

  constructor(options: OperatorOptions) {
    this.#client = new Client("Operator", options);
  }

  /** A page of approvals, with exactly what was asked. */
  approvals(query?: ApprovalsQuery): Answer<ApprovalsPage> {
    const known = { ...callOptions, status: "string", cursor: "string", limit: "integer" } as const;
    return this.#client.call(() => {
      const { status, cursor, limit, ...rest } = readOptions("approvals", query, known);
      return { operation: "approvals", ...rest, query: toQuery({ status, cursor, limit }) };
    });
  }

  approval(approvalId: string, options?: CallOptions): Answer<Approval> {
    return this.#call("approval", [approvalId], options);
  }

  /** Says yes. The same again changes nothing; after another word on it, or too late, it fails. */
  approve(approvalId: string, reason?: string, options?: CallOptions): Answer<Approval> {
    return this.#call("decide", [approvalId], options, toWire({ decision: "approve", reason }));
  }

  /** Says no, which ends the approval. The agent reads the reason. */
  deny(approvalId: string, reason?: string, options?: CallOptions): Answer<Approval> {
    return this.#call("decide", [approvalId], options, toWire({ decision: "deny", reason }));
  }

  /** All policies of the organisation. */
  policies(options?: CallOptions): Answer<{ readonly policies: readonly Policy[] }> {
    return this.#client.call(() => requests.policies("org", options));
  }

  /**
   * Stores a policy, its JSON text or value, under its name. `POLICY_INVALID` lists every fault with its position in `details`;
   * a policy that can never win beside those that are stored, or leaves one of them nothing to decide, is a fault too.
   */
  putPolicy(name: string, policy: string | PolicyDocument, options?: CallOptions): Answer<Policy> {
    return this.#putDocument("putPolicy", [name], policy, options);
  }

  async deletePolicy(name: string, options?: CallOptions): Promise<void> {
    await this.#call("deletePolicy", [name], options);
  }

  /** Makes these, JSON text or a value, all the policies there are; all of them or, with one fault, none. */
  replacePolicies(
    file: string | PolicyFile,
    options?: CallOptions,
  ): Answer<{ readonly policies: number; readonly changed: number }> {
    return this.#putDocument("replacePolicies", [], file, options);
  }

  /** Registers an agent. Its key is in the answer, this once. */
  registerAgent(registration: AgentRegistration): Answer<RegisteredAgent> {
    return this.#client.call(() => register("registerAgent", "capabilities", registration));
  }

  /** Registers an operator. Its key is in the answer, this once. */
  registerOperator(registration: OperatorRegistration): Answer<RegisteredOperator> {
    return this.#client.call(() => register("registerOperator", "roles", registration));
  }

  /** The limits for approvals, circuit breakers and anomalies; for owners. */
  settings(options?: CallOptions): Answer<Settings> {
    return this.#call("settings", [], options);
  }

  /** Makes these the settings, whole: what is left out takes its default. For owners. */
  putSettings(settings: SettingsChange, options?: CallOptions): Answer<Settings> {
    return this.#client.call(() => {
      const { approvals, breaker, anomalies, ...unknown } = settings;
      const sections = toWire({
        approvals: section(approvals),
        breaker: section(breaker),
        anomalies: section(anomalies),
        ...unknown,
      });
      return requests.plain("putSettings", [], options, sections);
    });
  }

  /** Stops an agent: every action of it is denied until it is resumed. */
  async haltAgent(agentId: string, options?: CallOptions): Promise<void> {
    await this.#call("haltAgent", [agentId], options);
  }

  /** Lets an agent go on that was halted, or whose circuit breaker is open: closes it, and forgets what it counted. */
  async resumeAgent(agentId: string, options?: CallOptions): Promise<void> {
    await this.#call("resumeAgent", [agentId], options);
  }

  /** Revokes a key of an agent or operator, by name or id, with effect on the next request. */
  async revokeKey(holder: string, keyId: string, options?: CallOptions): Promise<void> {
    await this.#call("revokeKey", [holder, keyId], options);
  }

  /**
   * Removes openings of a row for good (`metadata`, `data_accessed`, `conditions`, `reason`, `message`; for owners). A row of the
   * ledger says so; chain, tree and proofs stay what they are. Doing it again changes nothing.
   */
  redact(
    rowId: number,
    fields: readonly string[],
    reason?: string,
    options?: CallOptions,
  ): Answer<{ readonly rowId: number; readonly redacted: readonly string[] }> {
    return this.#call("redactRow", [], options, toWire({ rowId, fields, reason }));
  }

  whoami(options?: CallOptions): Answer<WhoAmI> {
    return this.#call("whoami", [], options);
  }

  /** One page of the audit trail, newest first. */
  audit(query?: AuditQuery): Answer<AuditPage> {
    return this.#client.call(() => requests.audit(query));
  }

  /** Recomputes the audit log and says whether it is what was written; as {@link AgentLattice.verify}. */
  verify(options?: CallOptions): Answer<Verification> {
    return this.#client.verify(options);
  }

  /** As {@link AgentLattice.receipt}, of any agent's action. */
  receipt(auditEventId: string, options?: CallOptions): Answer<Receipt> {
    return this.#call("receipt", [auditEventId], options);
  }

  posture(query?: PostureQuery): Answer<Posture> {
    return this.#client.call(() => requests.posture(query));
  }

  /** As {@link AgentLattice.subscribe}; an operator hears of everything. */
  async subscribe(
    orgId: string | null,
    listener: (event: GovernanceEvent) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return this.#client.realtime.subscribe(orgId, listener, options);
  }

  /** As {@link AgentLattice.events}. */
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

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Operator { baseUrl: ${JSON.stringify(this.#client.target)}, … }`;
  }

  #putDocument<T>(
    operation: string,
    args: readonly string[],
    document: unknown,
    options?: CallOptions,
  ): Answer<T> {
    return this.#client.call(() =>
      requests.plain(operation, args, options, requests.documentOf(operation, document)),
    );
  }

  #call<T>(
    operation: string,
    args: readonly string[],
    options?: CallOptions,
    body?: unknown,
  ): Answer<T> {
    return this.#client.call(() => requests.plain(operation, args, options, body));
  }
}

/** The names inside a section of the settings on the wire; what is no section is refused by the lattice. */
function section(value: object | undefined): unknown {
  return typeof value === "object" && value !== null ? toWire({ ...value }) : value;
}

function register(
  operation: "registerAgent" | "registerOperator",
  what: "capabilities" | "roles",
  registration: AgentRegistration | OperatorRegistration,
): Submission {
  const known: Record<string, Kind> = { ...callOptions, name: "string", [what]: "strings" };
  const { signal, timeoutMs, ...body } = readOptions(operation, registration, known);
  readText(operation, '"name"', body.name);
  return { operation, signal, timeoutMs, body: requests.bodyOf(operation, toWire(body)) };
}
