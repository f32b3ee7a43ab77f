// Sub-agents without promises, and the scopes that end them.

import { closedError } from "../errors.js";
import { checkBody } from "../options.js";
import * as requests from "../requests.js";
import type {
  ActionOptions,
  ActionResult,
  CallOptions,
  DelegateOptions,
  Delegation,
} from "../types.js";
import type { Sync } from "./agent-lattice-sync.js";
import type { Caller } from "./caller.js";

/** As DelegatedAgent, without promises. Ends with `close()`, with the scope that holds it (`using`), or when its time is over. */
export class DelegatedAgentSync implements Disposable {
  readonly id: string;
  readonly name: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  readonly capabilities: readonly string[];
  readonly #caller: Caller;
  #closed = false;

  private constructor(caller: Caller, delegation: Delegation) {
    this.#caller = caller;
    this.id = delegation.id;
    this.name = delegation.name;
    this.expiresAt = delegation.expiresAt;
    this.capabilities = delegation.capabilities;
  }

  /** @internal Use `delegate`. */
  static make<T>(
    caller: Caller,
    name: string,
    options: Sync<DelegateOptions>,
    body: ((agent: DelegatedAgentSync) => T) | undefined,
    parentId?: string,
  ): DelegatedAgentSync | T {
    checkBody("delegate", body);
    const delegation = caller.call<Delegation>(requests.delegate(name, options, parentId));
    const agent = new DelegatedAgentSync(caller, delegation);
    return body === undefined ? agent : scopedNow([agent], () => body(agent));
  }

  execute(actionType: string, options?: Sync<ActionOptions>): ActionResult {
    this.#checkOpen();
    const request = requests.action("execute", actionType, options, this.id);
    return requests.asResult(this.#caller.call(request));
  }

  gate(actionType: string, options?: Sync<ActionOptions>): ActionResult {
    this.#checkOpen();
    const request = requests.action("gate", actionType, options, this.id);
    return requests.asResult(this.#caller.call(request));
  }

  resumeGate(approvalId: string, options?: Sync<CallOptions>): ActionResult {
    this.#checkOpen();
    const request = requests.resumeGate(approvalId, options, this.id);
    return requests.asResult(this.#caller.call(request));
  }

  /** A child of this child, narrower still, and never outliving it. */
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
    this.#checkOpen();
    return DelegatedAgentSync.make(this.#caller, name, options, body, this.id);
  }

  /** Revokes the delegation and everything below it, once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#caller.call(requests.plain("revoke", [this.id], undefined));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError(`the delegation of ${JSON.stringify(this.name)}`);
  }
}

/** Runs `body`, then closes `agents`, whatever happened. Where both fail, the error of the body is the one that counts. */
export function scopedNow<T>(agents: readonly DelegatedAgentSync[], body: () => T): T {
  let result: T;
  try {
    result = body();
  } catch (error) {
    closeAll(agents);
    throw error;
  }
  const [failure] = closeAll(agents);
  if (failure !== undefined) throw failure.error;
  return result;
}

function closeAll(agents: readonly DelegatedAgentSync[]): { readonly error: unknown }[] {
  return agents.flatMap((agent) => {
    try {
      agent.close();
      return [];
    } catch (error) {
      return [{ error }];
    }
  });
}
