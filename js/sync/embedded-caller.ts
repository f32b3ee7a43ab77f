// Synchronous calls to a lattice in this thread: the kernel settles them before `submit` returns.

import type { Submission } from "../boundary.js";
import { decodeAnswer } from "../client.js";
import type { OpenClient } from "../client-options.js";
import { closedError } from "../errors.js";
import { type Caller, checkRequest, wouldBlock } from "./caller.js";

export class EmbeddedCaller implements Caller {
  readonly #open: () => OpenClient;
  #opened: OpenClient | undefined;
  #closed = false;

  /** `open` is called by the first call. */
  constructor(open: () => OpenClient) {
    this.#open = open;
  }

  call<T>(request: Submission): T {
    if (this.#closed) throw closedError("this AgentLatticeSync");
    this.#opened ??= this.#open();
    const { kernel, client } = this.#opened;
    const { operation } = request;
    checkRequest(request);
    const dry = kernel.dryRun(client, request);
    if (dry !== undefined) return dry as T;
    const json = kernel.submitNow(client, request, ({ approval_id }) =>
      approval_id === undefined
        ? wouldBlock(
            `${operation}: the ledger's store answers later, which needs this thread; what was asked for may yet be recorded. Use AgentLattice`,
          )
        : wouldBlock(
            `${operation}: ${approval_id} waits for a person, who needs this thread, too; use AgentLattice, or resumeGate once it is decided`,
            String(approval_id),
          ),
    );
    return decodeAnswer(json) as T;
  }

  close(): void {
    this.#closed = true;
    const opened = this.#opened;
    if (opened?.kernel.ended === undefined) opened?.kernel.inform("closeClient", opened.client);
  }
}
