// The ledger in a browser's IndexedDB. One writer: whoever holds the Web Lock of the ledger's name.

import { AgentLatticeError, invalidArgument } from "../errors.js";
import { readOptions } from "../options.js";
import type { LedgerRow, LedgerSnapshot, LedgerStore } from "./store.js";

/** Options of `new IndexedDbStore(…)`. */
export interface IndexedDbStoreOptions {
  /** The database; made where there is none. Of this origin alone, and gone when its data is cleared. Default: `agentlattice`. */
  readonly name?: string | undefined;
  /**
   * What to do while another page or worker has the ledger: `fail` with `LEDGER_UNAVAILABLE`, or `wait` until that one has
   * closed it, or is gone. Default: `fail`.
   */
  readonly whenBusy?: "fail" | "wait" | undefined;
}

/**
 * How the database looks: one object store whose keys are row numbers, its values `[text, openings]`; and, since version 2,
 * one for the snapshot.
 */
const layoutVersion = 2;
const rowsStore = "rows";
const snapshotStore = "snapshot";
const snapshotKey = 0;

/**
 * Keeps the ledger in IndexedDB, each append with strict durability before it is acknowledged.
 *
 * Needs Web Locks (`navigator.locks`), which pages and workers of secure contexts have: without a single writer, two tabs
 * would write two histories.
 */
export class IndexedDbStore implements LedgerStore {
  readonly description: string;
  readonly #name: string;
  readonly #whenBusy: "fail" | "wait";
  #database: IDBDatabase | undefined;
  /** Lets go of the lock. */
  #release: (() => void) | undefined;

  constructor(options: IndexedDbStoreOptions = {}) {
    const known = { name: "string", whenBusy: "string" } as const;
    const { name = "agentlattice", whenBusy = "fail" } = readOptions(
      "IndexedDbStore",
      options,
      known,
    );
    if (name === "") throw invalidArgument('IndexedDbStore: "name" must not be empty');
    if (whenBusy !== "fail" && whenBusy !== "wait")
      throw invalidArgument('IndexedDbStore: "whenBusy" must be "fail" or "wait"');
    this.#name = name;
    this.#whenBusy = whenBusy;
    this.description = `IndexedDB ${JSON.stringify(name)}`;
  }

  async open(): Promise<void> {
    if (this.#database !== undefined) return;
    await this.#lock();
    try {
      this.#database = await this.#openDatabase();
    } catch (cause) {
      this.close();
      throw this.#error(cause);
    }
  }

  async read(fromRow: number, limit: number): Promise<readonly LedgerRow[]> {
    const range = IDBKeyRange.bound(fromRow, fromRow + limit - 1);
    return this.#transact("readonly", async (rows) => {
      const [keys, values] = await Promise.all([
        settled(rows.getAllKeys(range)),
        settled<LedgerRow[]>(rows.getAll(range)),
      ]);
      const gap = keys.findIndex((key, index) => key !== fromRow + index);
      if (gap !== -1) throw this.#corrupt(`row ${fromRow + gap} is missing`);
      return values;
    });
  }

  async append(firstRow: number, added: readonly LedgerRow[]): Promise<void> {
    await this.#transact("readwrite", async (rows) => {
      const last = await settled(rows.openKeyCursor(null, "prev"));
      const next = last === null ? 0 : Number(last.key) + 1;
      if (next !== firstRow) throw this.#outpaced(firstRow, next);
      // One of them failing fails the transaction, which is what is waited for.
      added.forEach((row, index) => {
        rows.add(row, firstRow + index);
      });
    });
  }

  async redact(redacted: readonly (readonly [rowId: number, openings: string])[]): Promise<void> {
    await this.#transact("readwrite", async (rows, snapshots) => {
      for (const [rowId, openings] of redacted) {
        const [text] = await settled<LedgerRow>(rows.get(rowId));
        rows.put([text, openings], rowId);
      }
      snapshots.clear();
    });
  }

  readSnapshot(): Promise<LedgerSnapshot | undefined> {
    return this.#transact("readonly", (_rows, snapshots) =>
      settled<LedgerSnapshot | undefined>(snapshots.get(snapshotKey)),
    );
  }

  async keepSnapshot(snapshot: LedgerSnapshot): Promise<void> {
    await this.#transact("readwrite", async (_rows, snapshots) => {
      snapshots.put(snapshot, snapshotKey);
    });
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  /** Resolves when the lock is held; it is, until #release is called or this page is gone. */
  async #lock(): Promise<void> {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined || globalThis.indexedDB === undefined) {
      throw this.#unavailable(
        "this runtime has no IndexedDB or no Web Locks; browsers have both in secure contexts (https, localhost)",
      );
    }
    const ifAvailable = this.#whenBusy === "fail";
    await new Promise<void>((resolve, reject) => {
      locks
        .request(`agentlattice:${this.#name}`, { ifAvailable }, (lock) => {
          if (lock === null) {
            throw this.#unavailable(
              'another page or worker has it open; close that one, or open with whenBusy: "wait"',
            );
          }
          resolve();
          return new Promise<void>((release) => {
            this.#release = release;
          });
        })
        .catch(reject);
    });
  }

  async #openDatabase(): Promise<IDBDatabase> {
    const opening = indexedDB.open(this.#name, layoutVersion);
    opening.onupgradeneeded = () => {
      const { result: made } = opening;
      // A database of that name without rows is somebody else's; one that is new is empty.
      if (made.objectStoreNames.length === 0) made.createObjectStore(rowsStore);
      if (made.objectStoreNames.contains(rowsStore)) made.createObjectStore(snapshotStore);
    };
    const database = await settled(opening);
    if (!database.objectStoreNames.contains(rowsStore)) {
      database.close();
      throw this.#corrupt("it is a database, but not a ledger of this package");
    }
    // Whoever deletes the data, or the user who clears it, is let through; every later call says that it is gone.
    database.onversionchange = () => this.close();
    database.onclose = () => this.close();
    return database;
  }

  /** Resolves when the transaction is complete, that is, durable. */
  async #transact<T>(
    mode: "readonly" | "readwrite",
    work: (rows: IDBObjectStore, snapshots: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const database = this.#database;
    if (database === undefined)
      throw new AgentLatticeError("CLOSED", `${this.description} is not open`);
    try {
      const transaction = database.transaction([rowsStore, snapshotStore], mode, {
        durability: "strict",
      });
      const complete = completed(transaction);
      try {
        const result = await work(
          transaction.objectStore(rowsStore),
          transaction.objectStore(snapshotStore),
        );
        await complete;
        return result;
      } catch (error) {
        complete.catch(() => {}); // What led here is the error that counts.
        tryAbort(transaction);
        throw error;
      }
    } catch (cause) {
      throw this.#error(cause);
    }
  }

  #outpaced(firstRow: number, next: number): AgentLatticeError {
    const what =
      next > firstRow
        ? `row ${firstRow} is there already: somebody else writes to this ledger`
        : `row ${next} comes next, not ${firstRow}: rows were removed`;
    return this.#unavailable(`${what}; nothing was written. Open the lattice again`);
  }

  #unavailable(what: string, cause?: unknown): AgentLatticeError {
    return new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.description}: ${what}`, { cause });
  }

  #corrupt(what: string): AgentLatticeError {
    return new AgentLatticeError(
      "LEDGER_CORRUPT",
      `${this.description}: ${what}. It was left as it is; give another name, or delete the database`,
    );
  }

  #error(cause: unknown): AgentLatticeError {
    if (cause instanceof AgentLatticeError) return cause;
    const { name, message } = cause as { readonly name?: string; readonly message?: string };
    if (name === "VersionError")
      return this.#corrupt("it was written by a newer version of this package");
    const what = message || name || String(cause);
    return new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.description}: ${what}`, {
      cause,
      retryable: name !== "QuotaExceededError",
    });
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new Error("the transaction was aborted"));
  });
}

function tryAbort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}
