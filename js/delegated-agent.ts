// Actions, and the sub-agents that may perform them: what an agent and its children have in common.

import type { Client } from "./client.js";
import { closedError, invalidArgument } from "./errors.js";
import { callOptions, readOptions, readText } from "./options.js";
import type {
  ActionOptions,
  ActionResult,
  CallOptions,
  DelegateOptions,
  Delegation,
} from "./types.js";
import { toWire } from "./wire-names.js";

const actionOptions = {
  ...callOptions,
  metadata: "object",
  dataAccessed: "json",
  eventId: "string",
} as const;
const delegateOptions = { ...callOptions, capabilities: "strings", ttl: "integer" } as const;

/** @internal */
export async function act(
  client: Client,
  operation: "execute" | "gate",
  actionType: string,
  options: ActionOptions | undefined,
  delegationId?: string,
): Promise<ActionResult> {
  const { metadata, dataAccessed, ...rest } = readOptions(operation, options, actionOptions);
  const body = toWire({
    actionType: readText(operation, "the action type", actionType),
    metadata,
    dataAccessed,
  });
  return asResult(await client.call<ActionResult>(operation, { ...rest, body, delegationId }));
}

/** @internal */
export async function resumeGate(
  client: Client,
  approvalId: string,
  options: CallOptions | undefined,
  delegationId?: string,
): Promise<ActionResult> {
  const rest = readOptions("resumeGate", options, callOptions);
  return asResult(
    await client.call<ActionResult>("resumeGate", { ...rest, args: [approvalId], delegationId }),
  );
}

const asResult = (result: ActionResult): ActionResult => ({
  ...result,
  conditionsEvaluated: result.conditionsEvaluated ?? [],
});

/** @internal */
export function delegate<T>(
  client: Client,
  name: string,
  options: DelegateOptions,
  body: ((agent: DelegatedAgent) => T | Promise<T>) | undefined,
  parentId?: string,
): Promise<DelegatedAgent | T> {
  const created = create(client, name, options, parentId);
  return body === undefined ? created : created.then((agent) => scoped(agent, [agent], body));
}

async function create(
  client: Client,
  name: string,
  options: DelegateOptions,
  parentId: string | undefined,
): Promise<DelegatedAgent> {
  const { capabilities, ttl, ...rest } = readOptions("delegate", options, delegateOptions);
  if (capabilities === undefined)
    throw invalidArgument(
      'delegate: "capabilities" is missing: the action types that the child may perform',
    );
  if (ttl === undefined)
    throw invalidArgument('delegate: "ttl" is missing: the lifetime in seconds, 1 – 86400');
  const body = toWire({ name: readText("delegate", "the name", name), capabilities, ttl });
  return new DelegatedAgent(
    client,
    await client.call<Delegation>("delegate", { ...rest, body, delegationId: parentId }),
  );
}

/** Runs `body` and closes `agents` after it, whatever happened. Where both fail, the error of the body is the one that counts. */
export async function scoped<A, T>(
  argument: A,
  agents: readonly DelegatedAgent[],
  body: (argument: A) => T | Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await body(argument);
  } catch (error) {
    await Promise.allSettled(agents.map((agent) => agent.close()));
    throw error;
  }
  await closeAll(agents);
  return result;
}

/** Closes all of them, then reports the first failure. */
export async function closeAll(agents: readonly DelegatedAgent[]): Promise<void> {
  const closings = await Promise.allSettled(agents.map((agent) => agent.close()));
  const failed = closings.find((closing) => closing.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/**
 * A sub-agent with narrowed capabilities, for a limited time. Made by `delegate`; ends with `close()`, with the scope that
 * holds it (`await using`), or when its time is over. Its own children end with it.
 */
export class DelegatedAgent implements AsyncDisposable {
  /** The delegation's id. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  /** What it may perform, exact action types or prefixes. */
  readonly capabilities: readonly string[];
  readonly #client: Client;
  #closing: Promise<void> | undefined;

  /** @internal Use `delegate`. */
  constructor(client: Client, delegation: Delegation) {
    this.#client = client;
    this.id = delegation.id;
    this.name = delegation.name;
    this.expiresAt = delegation.expiresAt;
    this.capabilities = delegation.capabilities;
  }

  /** As {@link AgentLattice.execute}, as the child. */
  async execute(actionType: string, options?: ActionOptions): Promise<ActionResult> {
    this.#checkOpen();
    return act(this.#client, "execute", actionType, options, this.id);
  }

  /** As {@link AgentLattice.gate}, as the child. */
  async gate(actionType: string, options?: ActionOptions): Promise<ActionResult> {
    this.#checkOpen();
    return act(this.#client, "gate", actionType, options, this.id);
  }

  /** As {@link AgentLattice.resumeGate}, as the child. */
  async resumeGate(approvalId: string, options?: CallOptions): Promise<ActionResult> {
    this.#checkOpen();
    return resumeGate(this.#client, approvalId, options, this.id);
  }

  /** As {@link AgentLattice.delegate}: a child of this child, narrower still, and never outliving it. */
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
    this.#checkOpen();
    return delegate(this.#client, name, options, body, this.id);
  }

  /** Revokes the delegation and everything below it, once: closing again gives the same answer. */
  close(): Promise<void> {
    this.#closing ??= this.#client.call("revoke", { args: [this.id] }).then(() => {});
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw closedError(`the delegation of ${JSON.stringify(this.name)}`);
  }
}
