// A call that was started, and what it comes to: at once, or some time later.

import type { Settlement } from "./boundary.js";
import { type AgentLatticeError, type BoundaryError, errorFromBoundary } from "./errors.js";

export class Pending {
  /** Stops listening to the call's signal. */
  stop: (() => void) | undefined;
  #settlement: Settlement | undefined;
  #failure: AgentLatticeError | undefined;
  #wake: (() => void) | undefined;

  /** Whether it has come to its end. */
  get done(): boolean {
    return this.#settlement !== undefined || this.#failure !== undefined;
  }

  settle(settlement: Settlement): void {
    this.#settlement = settlement;
    this.#end();
  }

  /** The instance is lost, and will not settle it. */
  reject(failure: AgentLatticeError): void {
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
    this.stop?.();
    this.#wake?.();
  }
}
