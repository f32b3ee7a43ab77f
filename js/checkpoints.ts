// Checkpoints that a client keeps to itself. A ledger that was rewritten whole is consistent in itself; only what was seen of it
// before, kept where its writer cannot reach, gives it away.

import type { Submission } from "./boundary.js";
import { AgentLatticeError } from "./errors.js";
import { callOptions, readOptions } from "./options.js";
import { bodyOf } from "./requests.js";
import type { CallOptions, Verification } from "./types.js";

/**
 * Keeps the last verified checkpoint of a ledger: one note, a few hundred bytes of text, for each origin. `origin` is where the
 * client asks (its base URL, or `lattice:`); a store serves one organisation there.
 */
export interface CheckpointStore {
  get(origin: string): string | null | undefined | Promise<string | null | undefined>;
  set(origin: string, note: string): void | Promise<void>;
}

/** The default: lasts as long as its client. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #notes = new Map<string, string>();

  get(origin: string): string | undefined {
    return this.#notes.get(origin);
  }

  set(origin: string, note: string): void {
    this.#notes.set(origin, note);
  }
}

/** The verification against what is pinned. */
export function verifyRequest(options: CallOptions | undefined, pinned: string | null): Submission {
  const rest = readOptions("verify", options, callOptions);
  return { operation: "verify", ...rest, body: bodyOf("verify", { pinned }) };
}

/** What is to be pinned after a verification, given what is pinned now; undefined where nothing. */
export const nextPin = ({ chainValid, checkpoint, pinned }: Verification, now: string | null) =>
  // Another pin than the one it was compared with may be of another history: the next verification tells.
  chainValid && now === (pinned ?? null) ? checkpoint : undefined;

/** A failure of the store, for whoever asked for a verification. */
export const storeFailed = (what: "read" | "keep", cause: unknown): AgentLatticeError =>
  new AgentLatticeError(
    "CHECKPOINT_UNAVAILABLE",
    `the checkpoint store failed to ${what} the checkpoint: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );

/** The last note on its way into a store: until it is there, nobody else compares with what is. */
const keeping = new WeakMap<CheckpointStore, Promise<unknown>>();

/** The checkpoints of one client in a store. */
export class Pins {
  readonly #store: CheckpointStore;
  readonly #origin: string;

  constructor(store: CheckpointStore, origin: string) {
    this.#store = store;
    this.#origin = origin;
  }

  async read(): Promise<string | null> {
    try {
      return (await this.#store.get(this.#origin)) ?? null;
    } catch (cause) {
      throw storeFailed("read", cause);
    }
  }

  keep(verification: Verification): Promise<Verification> {
    const before = keeping.get(this.#store) ?? Promise.resolve();
    const kept = before.catch(() => {}).then(() => this.#keep(verification));
    keeping.set(this.#store, kept);
    return kept;
  }

  async #keep(verification: Verification): Promise<Verification> {
    const note = nextPin(verification, await this.read());
    try {
      if (note !== undefined) await this.#store.set(this.#origin, note);
    } catch (cause) {
      throw storeFailed("keep", cause);
    }
    return verification;
  }
}
