// The sub-agents that an agent makes, and the scopes that end them.

import type { Answer } from "./answer.js";
import type { Submission } from "./boundary.js";
import type { Client } from "./client.js";
import { closedError } from "./errors.js";
import { checkBody } from "./options.js";
import * as requests from "./requests.js";
import type {
  ActionOptions,
  ActionResult,
  CallOptions,
  DelegateOptions,
  Delegation,
} from "./types.js";

/** @internal */
export async function delegate<T>(
  client: Client,
  name: string,
  options: DelegateOptions,
  body: ((agent: DelegatedAgent) => T | Promise<T>) | undefined,
  parentId?: string,
): Promise<DelegatedAgent | T> {
  checkBody("delegate", body);
  const agent = new DelegatedAgent(
    client,
    await client.call<Delegation>(() => requests.delegate(name, options, parentId)),
  );
  return body === undefined ? agent : scoped(agent, [agent], body);
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
  execute(actionType: string, options?: ActionOptions): Answer<ActionResult> {
    return this.#act((id) => requests.action("execute", actionType, options, id));
  }

  /** As {@link AgentLattice.gate}, as the child. */
  gate(actionType: string, options?: ActionOptions): Answer<ActionResult> {
    return this.#act((id) => requests.action("gate", actionType, options, id));
  }

  /** As {@link AgentLattice.resumeGate}, as the child. */
  resumeGate(approvalId: string, options?: CallOptions): Answer<ActionResult> {
    return this.#act((id) => requests.resumeGate(approvalId, options, id));
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
    this.#closing ??= this.#client
      .call(() => requests.plain("revoke", [this.id], undefined))
      .then(() => {});
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #act(build: (delegationId: string) => Submission): Answer<ActionResult> {
    return this.#client.call(() => {
      this.#checkOpen();
      return build(this.id);
    }, requests.asResult);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw closedError(`the delegation of ${JSON.stringify(this.name)}`);
  }
}
