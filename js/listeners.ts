// Who hears of events.

import type { GovernanceEvent } from "./types.js";
import { fromWire } from "./wire-names.js";

/** A subscription; `close()` ends it. */
export interface Subscription extends Disposable {
  close(): void;
}

export class Listeners {
  readonly #listeners = new Set<(event: GovernanceEvent) => void>();

  /** The same function twice is two subscriptions. */
  add(listener: (event: GovernanceEvent) => void): Subscription {
    const entry = (event: GovernanceEvent): void => listener(event);
    this.#listeners.add(entry);
    const close = (): void => void this.#listeners.delete(entry);
    return { close, [Symbol.dispose]: close };
  }

  /** Delivers after whatever runs now, so that a listener may call back in. One that throws hinders nobody. */
  publish(json: string): void {
    if (this.#listeners.size === 0) return;
    const events = fromWire(JSON.parse(json)) as readonly GovernanceEvent[];
    queueMicrotask(() => {
      for (const event of events) {
        for (const listener of this.#listeners) deliver(listener, event);
      }
    });
  }
}

function deliver(listener: (event: GovernanceEvent) => void, event: GovernanceEvent): void {
  try {
    listener(event);
  } catch (error) {
    // Out of everyone's way, where the runtime reports uncaught errors.
    queueMicrotask(() => {
      throw error;
    });
  }
}
