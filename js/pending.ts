// A call that was started, and what it comes to: at once, or some time later.

import type { Settlement } from "./boundary.js";
import { type BoundaryError, errorFromBoundary } from "./errors.js";

export class Pending {
  /** Whether it has come to its end. */
  done = false;
  /** Stops listening to the call's signal. */
  stop: (() => void) | undefined;
  #settlement: Settlement | undefined;
  #failure: unknown;
  #wake: (() => void) | undefined;

  settle(settlement: Settlement): void {
    this.#settlement = settlement;
    this.#end();
  }

  /** The instance is lost, and will not settle it. */
  reject(failure: unknown): void {
    this.#failure = failure;
    this.#end();
  }

  /** Resolves when it is done. For one that is not. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Of one that is done; an error is thrown. `errorOf` makes it from what crossed. */
  settlement(errorOf: (error: BoundaryError) => unknown = errorFromBoundary): Settlement {
    if (this.#settlement === undefined) throw this.#failure;
    if (this.#settlement.ok) return this.#settlement;
    // Made here, not where it was settled, so that its stack leads to the caller and not into the module.
    throw errorOf(JSON.parse(this.#settlement.json) as BoundaryError);
  }

  #end(): void {
    this.done = true;
    this.stop?.();
    this.#wake?.();
  }
}
