// The ledger of a lattice, as its host keeps it: read when it is opened, appended to ever after, and read again where
// somebody asks for what the kernel has no longer in memory.

import { AgentLatticeError } from "./errors.js";
import type { Kernel } from "./kernel.js";
import { promiseOf } from "./promises.js";
import { grouped, RowPacker, unpackRows } from "./rows.js";
import type { LedgerStore } from "./stores/store.js";
import { toJson } from "./text.js";
import { toWire } from "./wire-names.js";

/** A row may have some MiB; so many are read at once, and so many UTF-16 code units of them cross the boundary. */
const rowsPerLoad = 256;
const unitsPerLoad = 4 << 20;
/** So many rows are read in a moment; a snapshot is worth its row only beyond. */
const rowsPerSnapshot = 20_000;
/** wasm/README.md, loadSnapshot. */
const rowsPerPage = 64;

/** Calls back at the end of this turn of the event loop; undefined where the runtime has no word for that. */
const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };

type Work = () => void | Promise<void>;

export class Ledger {
  readonly #store: LedgerStore | undefined;
  readonly #packer = new RowPacker();
  /** What the store is at work on, one after the other; it never rejects. */
  #working: Promise<void> | undefined;
  /** What it does at the end of this turn. */
  #putOff: Work[] | undefined;
  /** Whether somebody waits for it who cannot wait for that. */
  #hurried = false;
  /** Rows that the store's snapshot does not cover. */
  #unsaved = 0;

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
    let from = await this.#restore(kernel, store);
    for (;;) {
      const rows = await store.read(from, rowsPerLoad);
      if (rows.length === 0) return;
      try {
        for (const group of grouped(rows, unitsPerLoad))
          kernel.call("loadRows", this.#packer.pack(group));
      } catch (error) {
        throw withPlace(error, store);
      }
      from += rows.length;
      this.#unsaved += rows.length;
    }
  }

  /** Begins with the store's snapshot, where it has one that is of use. Returns how many rows that saves the reading of. */
  async #restore(kernel: Kernel, store: LedgerStore): Promise<number> {
    const snapshot = await store.readSnapshot?.();
    if (snapshot === undefined) return 0;
    const firstRow = snapshot.rows - (snapshot.rows % rowsPerPage);
    const rows = await store.read(firstRow, snapshot.rows + 1 - firstRow);
    return kernel.call<{ size: number }>("loadSnapshot", snapshot.bytes, this.#packer.pack(rows))
      .size;
  }

  /** Whether opening the ledger takes so long by now that a snapshot should be taken. */
  get wantsSnapshot(): boolean {
    return this.#unsaved >= rowsPerSnapshot && this.#store?.keepSnapshot !== undefined;
  }

  /**
   * Group commit: the kernel holds back every answer that rests on these rows until it hears that they are durable, and what is
   * asked meanwhile makes the next batch. Where the store would hold up all who ask, they get the rest of the turn.
   */
  append(kernel: Kernel, batch: number, rows: Uint8Array, firstRow: number): void {
    const appended = unpackRows(rows);
    if (this.#store?.blocking && !this.#hurried && this.#putOff === undefined && setImmediate) {
      this.#putOff = [];
      setImmediate(() => this.atOnce());
    }
    this.#work(
      (store) => store.append(firstRow, appended),
      () => {
        this.#unsaved += appended.length;
        kernel.inform("appended", batch);
      },
      (why) => kernel.inform("appendFailed", batch, why),
    );
  }

  /** Rows that the kernel no longer has in memory. */
  read(kernel: Kernel, reader: number, firstRow: number, endRow: number): void {
    this.#work(
      (store) => store.read(firstRow, endRow - firstRow),
      (rows) => kernel.inform("rowsRead", reader, this.#packer.pack(rows)),
      (why) => kernel.inform("readFailed", reader, why),
    );
  }

  /** Where it cannot be kept, the ledger is read as without it. */
  saveSnapshot(rows: number, bytes: Uint8Array): void {
    const snapshot = { rows, bytes: bytes.slice() };
    this.#unsaved = 0;
    this.#work(
      (store) => store.keepSnapshot?.(snapshot),
      () => {},
      () => {},
    );
  }

  /** Openings that are to go. The kernel holds back the answer of whoever asked until it hears that they are gone. */
  redact(kernel: Kernel, batch: number, rows: string): void {
    this.#work(
      (store) => {
        if (store.redact === undefined)
          throw new Error(`the store (${this.description}) has no way to forget openings`);
        return store.redact(JSON.parse(rows) as [number, string][]);
      },
      () => kernel.inform("redacted", batch),
      (why) => kernel.inform("redactFailed", batch, why),
    );
  }

  /** Does what was put off, then `call`, and puts off nothing meanwhile. */
  atOnce(call?: () => void): void {
    const before = this.#hurried;
    this.#hurried = true;
    const putOff = this.#putOff ?? [];
    this.#putOff = undefined;
    try {
      for (const work of putOff) this.#begin(work);
      call?.();
    } finally {
      this.#hurried = before;
    }
  }

  /** Waits until the store has nothing to do. */
  async settled(): Promise<void> {
    this.atOnce();
    while (this.#working !== undefined) await this.#working;
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  /** Has the store do something, and tells how that ended. */
  #work<T>(
    action: (store: LedgerStore) => T | Promise<T>,
    succeed: (result: T) => void,
    fail: (why: string) => void,
  ): void {
    const store = this.#store as LedgerStore;
    const failed = (error: unknown): void =>
      fail(error instanceof Error ? error.message : String(error));
    const work: Work = () => {
      try {
        const result = action(store);
        const pending = promiseOf(result);
        return pending ? pending.then(succeed).catch(failed) : succeed(result as T);
      } catch (error) {
        return failed(error);
      }
    };
    if (this.#putOff === undefined) this.#begin(work);
    else this.#putOff.push(work);
  }

  /** At once where the store is at nothing, else after that. */
  #begin(work: Work): void {
    const running = this.#working === undefined ? work() : this.#working.then(work);
    if (!(running instanceof Promise)) return;
    const settled = running.finally(() => {
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
