// The façade of an operator: the person, or the program on their behalf, who decides and writes policies.

import { Client, type ClientOptions } from "./client.js";
import { callOptions, type Kind, readOptions, readText } from "./options.js";
import { toQuery } from "./text.js";
import type {
  Approval,
  ApprovalStatus,
  AuditPage,
  AuditQuery,
  CallOptions,
  Policy,
  PolicyDocument,
  PolicyFile,
  Posture,
  PostureQuery,
  RegisteredAgent,
  RegisteredOperator,
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

const registrationOptions = {
  ...callOptions,
  name: "string",
  capabilities: "strings",
  roles: "strings",
} as const;

/** An operator of an organisation. Errors are those of {@link AgentLattice}; `FORBIDDEN` for an agent's key. */
export class Operator implements Disposable, AsyncDisposable {
  readonly #client: Client;

  constructor(options: OperatorOptions) {
    this.#client = new Client("Operator", options);
  }

  /** A page of approvals, with exactly what was asked. */
  async approvals(query?: ApprovalsQuery): Promise<ApprovalsPage> {
    const known = { ...callOptions, status: "string", cursor: "string", limit: "integer" } as const;
    const { status, cursor, limit, ...rest } = readOptions("approvals", query, known);
    return this.#client.call("approvals", { ...rest, query: toQuery({ status, cursor, limit }) });
  }

  async approval(approvalId: string, options?: CallOptions): Promise<Approval> {
    return this.#call("approval", [approvalId], options);
  }

  /** Says yes. The same again changes nothing; after another word on it, or too late, it fails. */
  async approve(approvalId: string, reason?: string, options?: CallOptions): Promise<Approval> {
    return this.#decide(approvalId, "approve", reason, options);
  }

  /** Says no, which ends the approval. The agent reads the reason. */
  async deny(approvalId: string, reason?: string, options?: CallOptions): Promise<Approval> {
    return this.#decide(approvalId, "deny", reason, options);
  }

  /** All policies of the organisation. */
  async policies(options?: CallOptions): Promise<{ readonly policies: readonly Policy[] }> {
    const rest = readOptions("policies", options, callOptions);
    return this.#client.call("policies", { ...rest, query: toQuery({ scope: "org" }) });
  }

  /** Stores a policy under its name. `POLICY_INVALID` lists every fault with its position in `details`. */
  async putPolicy(name: string, policy: PolicyDocument, options?: CallOptions): Promise<Policy> {
    return this.#call("putPolicy", [name], options, policy);
  }

  async deletePolicy(name: string, options?: CallOptions): Promise<void> {
    await this.#call("deletePolicy", [name], options);
  }

  /** Makes these all the policies there are; all of them or, with one fault, none. */
  async replacePolicies(
    file: PolicyFile,
    options?: CallOptions,
  ): Promise<{ readonly policies: number; readonly changed: number }> {
    return this.#call("replacePolicies", [], options, file);
  }

  /** Registers an agent. Its key is in the answer, this once. */
  async registerAgent(registration: AgentRegistration): Promise<RegisteredAgent> {
    return this.#register("registerAgent", registration);
  }

  /** Registers an operator. Its key is in the answer, this once. */
  async registerOperator(registration: OperatorRegistration): Promise<RegisteredOperator> {
    return this.#register("registerOperator", registration);
  }

  /** Stops an agent: every action of it is denied until it is resumed. */
  async haltAgent(agentId: string, options?: CallOptions): Promise<void> {
    await this.#call("haltAgent", [agentId], options);
  }

  async resumeAgent(agentId: string, options?: CallOptions): Promise<void> {
    await this.#call("resumeAgent", [agentId], options);
  }

  /** Revokes a key, with effect on the next request. */
  async revokeKey(agentId: string, keyId: string, options?: CallOptions): Promise<void> {
    await this.#call("revokeKey", [agentId, keyId], options);
  }

  async whoami(options?: CallOptions): Promise<WhoAmI> {
    return this.#call("whoami", [], options);
  }

  /** One page of the audit trail, newest first. */
  async audit(query?: AuditQuery): Promise<AuditPage> {
    const known = {
      ...callOptions,
      cursor: "string",
      limit: "integer",
      actionType: "string",
    } as const;
    const { cursor, limit, actionType, ...rest } = readOptions("audit", query, known);
    return this.#client.call("audit", {
      ...rest,
      query: toQuery({ cursor, limit, action_type: actionType }),
    });
  }

  /** Recomputes the audit log and says whether it is what was written. */
  async verify(options?: CallOptions): Promise<Verification> {
    return this.#call("verify", [], options);
  }

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

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Operator { baseUrl: ${JSON.stringify(this.#client.target)}, … }`;
  }

  async #call<T>(
    operation: string,
    args: readonly string[],
    options?: CallOptions,
    body?: unknown,
  ): Promise<T> {
    return this.#client.call(operation, {
      ...readOptions(operation, options, callOptions),
      args,
      body,
    });
  }

  async #decide(
    approvalId: string,
    decision: string,
    reason?: string,
    options?: CallOptions,
  ): Promise<Approval> {
    return this.#call("decide", [approvalId], options, toWire({ decision, reason }));
  }

  async #register<T>(
    operation: "registerAgent" | "registerOperator",
    registration: CallOptions & { name: string },
  ): Promise<T> {
    const { capabilities: all, roles, ...common } = registrationOptions;
    const known: Record<string, Kind> =
      operation === "registerAgent" ? { ...common, capabilities: all } : { ...common, roles };
    const { signal, timeoutMs, ...body } = readOptions(operation, registration, known);
    readText(operation, '"name"', body.name);
    return this.#client.call(operation, { signal, timeoutMs, body: toWire(body) });
  }
}
