// How long a call may wait for what the application promised: a key, a module, a checkpoint. The kernel, which keeps to these
// limits otherwise, knows nothing of such promises.

import { onAbort } from "./abort.js";
import { type AgentLatticeError, abortedError, closedError, deadlineError } from "./errors.js";
import type { CallOptions } from "./types.js";

/** The most that a timer can count; nobody waits so long. */
const timer_ms_max = 2 ** 31 - 1;

/** The end of a client, which ends its calls. */
export class Closing {
  /** Of those that wait. */
  readonly ends = new Set<(error: AgentLatticeError) => void>();
  readonly what: string;
  #closed = false;

  /** `what`: the client, for messages. */
  constructor(what: string) {
    this.what = what;
  }

  /** What whoever comes later is told; undefined while it is open. */
  get closed(): AgentLatticeError | undefined {
    return this.#closed ? closedError(this.what) : undefined;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.ends) end(closedError(this.what));
  }
}

/** The limits of one call, from when they are made: its client's closing, its signal, its time. */
export class Limits {
  readonly #closing: Closing;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number | undefined;

  constructor(closing: Closing, { signal, timeoutMs }: CallOptions) {
    this.#closing = closing;
    this.#signal = signal;
    this.#deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  }

  /** What is left of them, for whoever keeps to them from now on. */
  get rest(): CallOptions {
    return { signal: this.#signal, timeoutMs: this.#timeLeft() };
  }

  /** Settles like `promise`, or rejects as soon as a limit is reached. `missing` says, in the error of its time, what did not come. */
  async wait<T>(promise: Promise<T>, missing: string): Promise<T> {
    let stop = (): void => {};
    const reached = new Promise<never>((_, reject) => {
      stop = this.#watch(reject, missing);
    });
    return Promise.race([promise, reached]).finally(stop);
  }

  /** Calls `end` when a limit is reached, unless the returned function is called before. */
  #watch(end: (error: AgentLatticeError) => void, missing: string): () => void {
    const { ends, closed } = this.#closing;
    const signal = this.#signal;
    if (closed !== undefined) end(closed);
    if (signal?.aborted) end(abortedError(signal));
    ends.add(end);
    const stop = signal && onAbort(signal, () => end(abortedError(signal)));
    const ms = this.#timeLeft();
    const late = (): void => end(deadlineError(missing));
    const timer = ms === undefined ? undefined : setTimeout(late, Math.min(ms, timer_ms_max));
    return () => {
      ends.delete(end);
      stop?.();
      clearTimeout(timer);
    };
  }

  #timeLeft(): number | undefined {
    if (this.#deadline === undefined) return undefined;
    return Math.max(1, Math.ceil(this.#deadline - performance.now()));
  }
}
