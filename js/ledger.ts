// The ledger of a lattice, as its host keeps it: read once, appended to ever after.

import { AgentLatticeError } from "./errors.js";
import type { Kernel } from "./kernel.js";
import type { LedgerRow, LedgerStore } from "./stores/store.js";
import { toJson } from "./text.js";
import { toWire } from "./wire-names.js";

const rowsPerLoad = 1000;

export class Ledger {
  readonly #store: LedgerStore | undefined;
  /** The append in flight; it never rejects. */
  #appending: Promise<void> | undefined;

  /** Without a store the kernel keeps it, in memory. */
  constructor(store: LedgerStore | undefined) {
    this.#store = store;
  }

  /** Where it is, for people. */
  get description(): string {
    return this.#store === undefined ? "memory" : (this.#store.description ?? "custom");
  }

  /** Opens it in a kernel, with all rows that there are. */
  async load(kernel: Kernel, verifierKey?: string): Promise<void> {
    const store = this.#store;
    const config = toWire({ ledger: store ? "host" : "memory", verifierKey });
    kernel.call("openLattice", toJson(config, "the configuration"));
    if (store === undefined) return;
    await store.open();
    let from = 0;
    for (;;) {
      const rows = await store.read(from, rowsPerLoad);
      if (rows.length === 0) return;
      try {
        kernel.call("loadRows", toJson(rows, "the ledger"));
      } catch (error) {
        throw withPlace(error, store);
      }
      from += rows.length;
    }
  }

  /** Group commit: the kernel holds back every answer that rests on these rows until it hears that they are durable. */
  append(kernel: Kernel, batch: number, rows: string, firstRow: number): void {
    const failed = (error: unknown): void =>
      kernel.inform("appendFailed", batch, error instanceof Error ? error.message : String(error));
    try {
      const appending = this.#store?.append(firstRow, JSON.parse(rows) as LedgerRow[]);
      if (!(appending instanceof Promise)) {
        kernel.inform("appended", batch);
        return;
      }
      const done = appending
        .then(() => kernel.inform("appended", batch), failed)
        .finally(() => {
          if (this.#appending === done) this.#appending = undefined;
        });
      this.#appending = done;
    } catch (error) {
      failed(error);
    }
  }

  /** Waits for the append in flight. */
  async settled(): Promise<void> {
    await this.#appending;
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

/** An error about rows, with where they are kept and what to do. */
function withPlace(error: unknown, store: LedgerStore): unknown {
  if (!(error instanceof AgentLatticeError)) return error;
  const place = store.description ?? "the ledger";
  const advice = "nothing was changed; restore it from a copy, or begin a new ledger elsewhere";
  return new AgentLatticeError(error.code, `${place}: ${error.message}; ${advice}`, {
    details: error.details,
    cause: error,
  });
}
