// The ledger of a lattice, as its host keeps it: read once, appended to ever after.

import { AgentLatticeError } from "./errors.js";
import type { Kernel } from "./kernel.js";
import { RowPacker, unpackRows } from "./rows.js";
import type { LedgerStore } from "./stores/store.js";
import { toJson } from "./text.js";
import { toWire } from "./wire-names.js";

const rowsPerLoad = 1000;

export class Ledger {
  readonly #store: LedgerStore | undefined;
  /** The append in flight; it never rejects. */
  #working: Promise<void> | undefined;

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
    const packer = new RowPacker();
    let from = 0;
    for (;;) {
      const rows = await store.read(from, rowsPerLoad);
      if (rows.length === 0) return;
      try {
        kernel.call("loadRows", packer.pack(rows));
      } catch (error) {
        throw withPlace(error, store);
      }
      from += rows.length;
    }
  }

  /** Group commit: the kernel holds back every answer that rests on these rows until it hears that they are durable. */
  append(kernel: Kernel, batch: number, rows: Uint8Array, firstRow: number): void {
    this.#work(kernel, batch, ["appended", "appendFailed"], (store) =>
      store.append(firstRow, unpackRows(rows)),
    );
  }

  /** Openings that are to go. The kernel holds back the answer of whoever asked until it hears that they are gone. */
  redact(kernel: Kernel, batch: number, rows: string): void {
    this.#work(kernel, batch, ["redacted", "redactFailed"], (store) => {
      if (store.redact === undefined)
        throw new Error(`the store (${this.description}) has no way to forget openings`);
      return store.redact(JSON.parse(rows) as [number, string][]);
    });
  }

  /** Waits for the append in flight. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  /** Has the store do something, at once where it can, and tells the kernel how that ended. */
  #work(
    kernel: Kernel,
    batch: number,
    [done, failed]: readonly ["appended", "appendFailed"] | readonly ["redacted", "redactFailed"],
    action: (store: LedgerStore) => void | Promise<void>,
  ): void {
    const succeed = (): void => kernel.inform(done, batch);
    const fail = (error: unknown): void =>
      kernel.inform(failed, batch, error instanceof Error ? error.message : String(error));
    let working: void | Promise<void>;
    try {
      working = this.#store && action(this.#store);
    } catch (error) {
      fail(error);
      return;
    }
    if (!(working instanceof Promise)) {
      succeed();
      return;
    }
    const settled = working.then(succeed, fail).finally(() => {
      if (this.#working === settled) this.#working = undefined;
    });
    this.#working = settled;
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
