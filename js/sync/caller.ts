// Who carries a synchronous call: a lattice in this thread, or a client in another one.

import type { Submission } from "../boundary.js";
import type { CheckpointStore } from "../checkpoints.js";
import { nextPin, storeFailed, verifyRequest } from "../checkpoints.js";
import { AgentLatticeError, invalidArgument } from "../errors.js";
import { promiseOf } from "../promises.js";
import type { CallOptions, Verification } from "../types.js";

export interface Caller {
  /** Returns the answer, names renamed, or throws. */
  call<T>(request: Submission): T;
  close(): void;
}

/** Options that are functions: what they would be called from is another thread, or does not exist. */
const impossible = ["fetch", "WebSocket", "hooks", "logger", "trust"];

/** `options`, unless there are some that only an asynchronous client can honour. */
export function without<T extends object>(name: string, options: T): T {
  const given = impossible.find((option) => (options as Record<string, unknown>)?.[option]);
  if (given === undefined) return options;
  throw invalidArgument(`${name} takes no option "${given}"; AgentLattice does`);
}

/** A request without a signal, which nobody could abort. */
export function checkRequest(request: Submission): void {
  if (request.signal === undefined) return;
  throw invalidArgument(
    `${request.operation}: a call that blocks its thread cannot be aborted; give "timeoutMs" in place of "signal"`,
  );
}

/** What cannot be had without waiting, in a thread that everything else needs too. */
export const wouldBlock = (message: string, approvalId?: string): AgentLatticeError =>
  new AgentLatticeError("WOULD_BLOCK", message, {
    approvalId,
    details: approvalId === undefined ? undefined : { approval_id: approvalId },
  });

/** As {@link Pins}, without promises. */
export function verifyNow(
  caller: Caller,
  store: CheckpointStore,
  origin: string,
  options: CallOptions | undefined,
): Verification {
  const pinned = (): string | null => atOnce("read", () => store.get(origin)) ?? null;
  const verification = caller.call<Verification>(verifyRequest(options, pinned()));
  const note = nextPin(verification, pinned());
  if (note !== undefined) atOnce("keep", () => store.set(origin, note));
  return verification;
}

function atOnce<T>(what: "read" | "keep", action: () => T | Promise<T>): T {
  let done: T | Promise<T>;
  try {
    done = action();
  } catch (cause) {
    throw storeFailed(what, cause);
  }
  const pending = promiseOf(done);
  if (pending === undefined) return done as T;
  pending.catch(() => {});
  throw invalidArgument("a synchronous client needs a checkpoint store without promises");
}
