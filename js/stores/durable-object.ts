// The ledger in the storage of a Cloudflare Durable Object (its SQLite). One organisation, one object, one writer: the
// platform runs one instance of an object at a time.

import { AgentLatticeError } from "../errors.js";
import type { LedgerRow, LedgerSnapshot, LedgerStore } from "./store.js";

/** What is used of `ctx.storage` (developers.cloudflare.com/durable-objects/api/sqlite-storage-api). */
export interface DurableObjectStorageLike {
  readonly sql: {
    exec(
      query: string,
      ...bindings: readonly (string | number | ArrayBuffer)[]
    ): { toArray(): readonly Record<string, unknown>[] };
  };
  transactionSync<T>(work: () => T): T;
}

/** How the tables look. */
const layoutVersion = 1;

const layout = [
  "CREATE TABLE IF NOT EXISTS agentlattice_layout (version INTEGER NOT NULL)",
  `CREATE TABLE IF NOT EXISTS agentlattice_ledger
     (row_id INTEGER PRIMARY KEY, text TEXT NOT NULL, openings TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS agentlattice_snapshot
     (part INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes BLOB NOT NULL)`,
];

/** A value may have 2 MB there. */
const partBytes = 1 << 20;

/**
 * Keeps the ledger in the SQLite storage of a Durable Object, whose class is declared under `new_sqlite_classes`.
 *
 * An append is a transaction in memory at once; the platform's output gate holds back everything that leaves the object,
 * answers and frames among them, until it is durable on several machines, so no answer is ahead of its rows.
 *
 * A row's text may have 2 MB there, a limit of the platform; an action that would need more is answered with
 * `LEDGER_UNAVAILABLE` and did not happen. What was redacted can be restored for 30 days by the platform's point-in-time
 * recovery.
 */
export class DurableObjectStore implements LedgerStore {
  readonly description = "Durable Object storage";
  readonly #storage: DurableObjectStorageLike;

  constructor(storage: DurableObjectStorageLike) {
    this.#storage = storage;
  }

  open(): void {
    this.#guard(() =>
      this.#storage.transactionSync(() => {
        for (const statement of layout) this.#all(statement);
        const [found] = this.#all<{ version: number }>("SELECT version FROM agentlattice_layout");
        if (found === undefined)
          this.#all("INSERT INTO agentlattice_layout (version) VALUES (?)", layoutVersion);
        else if (found.version > layoutVersion)
          throw this.#corrupt("it was written by a newer version of this package");
      }),
    );
  }

  read(fromRow: number, limit: number): readonly LedgerRow[] {
    const rows = this.#guard(() =>
      this.#all<{ row_id: number; text: string; openings: string }>(
        "SELECT row_id, text, openings FROM agentlattice_ledger WHERE row_id >= ? ORDER BY row_id LIMIT ?",
        fromRow,
        limit,
      ),
    );
    return rows.map((row, index) => {
      if (row.row_id !== fromRow + index) throw this.#corrupt(`row ${fromRow + index} is missing`);
      return [row.text, row.openings];
    });
  }

  append(firstRow: number, rows: readonly LedgerRow[]): void {
    this.#guard(() =>
      this.#storage.transactionSync(() => {
        const [last] = this.#all<{ row_id: number | null }>(
          "SELECT max(row_id) AS row_id FROM agentlattice_ledger",
        );
        const next = (last?.row_id ?? -1) + 1;
        if (next !== firstRow) {
          throw new AgentLatticeError(
            "LEDGER_UNAVAILABLE",
            `${this.description}: row ${next} comes next, not ${firstRow}: something else writes to it; nothing was written`,
          );
        }
        rows.forEach(([text, openings], index) => {
          this.#all(
            "INSERT INTO agentlattice_ledger (row_id, text, openings) VALUES (?, ?, ?)",
            firstRow + index,
            text,
            openings,
          );
        });
      }),
    );
  }

  redact(redacted: readonly (readonly [rowId: number, openings: string])[]): void {
    this.#guard(() =>
      this.#storage.transactionSync(() => {
        for (const [rowId, openings] of redacted) {
          this.#all(
            "UPDATE agentlattice_ledger SET openings = ? WHERE row_id = ?",
            openings,
            rowId,
          );
        }
        this.#all("DELETE FROM agentlattice_snapshot");
      }),
    );
  }

  readSnapshot(): LedgerSnapshot | undefined {
    const parts = this.#guard(() =>
      this.#all<{ rows: number; bytes: ArrayBuffer }>(
        "SELECT rows, bytes FROM agentlattice_snapshot ORDER BY part",
      ),
    );
    if (parts[0] === undefined) return undefined;
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(new Uint8Array(part.bytes), at);
      at += part.bytes.byteLength;
    }
    return { rows: parts[0].rows, bytes };
  }

  keepSnapshot({ rows, bytes }: LedgerSnapshot): void {
    this.#guard(() =>
      this.#storage.transactionSync(() => {
        this.#all("DELETE FROM agentlattice_snapshot");
        for (let at = 0; at < bytes.length; at += partBytes) {
          this.#all(
            "INSERT INTO agentlattice_snapshot (part, rows, bytes) VALUES (?, ?, ?)",
            at / partBytes,
            rows,
            bytes.slice(at, at + partBytes).buffer,
          );
        }
      }),
    );
  }

  close(): void {
    // The storage belongs to the object, and goes with it.
  }

  #all<Row extends object>(
    query: string,
    ...bindings: readonly (string | number | ArrayBuffer)[]
  ): readonly Row[] {
    return this.#storage.sql.exec(query, ...bindings).toArray() as unknown as readonly Row[];
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof AgentLatticeError) throw cause;
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.description}: ${what}`, {
        cause,
        retryable: true,
      });
    }
  }

  #corrupt(what: string): AgentLatticeError {
    return new AgentLatticeError(
      "LEDGER_CORRUPT",
      `${this.description}: ${what}. Nothing was changed; restore the object to an earlier time (point-in-time recovery)`,
    );
  }
}
