// The ledger in a SQLite file. One writer: a second is refused when it opens the file. One that writes without asking is found
// out, as the rows are not what the first thinks they are.

import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentLatticeError, invalidArgument } from "../errors.js";
import { readOptions } from "../options.js";
import {
  type Database,
  openDatabase,
  readingArrays,
  resultCode,
  SQLITE_CORRUPT,
  SQLITE_NOTADB,
  type Statement,
} from "./sqlite-driver.js";
import { readHeader } from "./sqlite-header.js";
import { ownLedger } from "./sqlite-owner.js";
import type { LedgerRow, LedgerSnapshot, LedgerStore } from "./store.js";

/** Options of `new SqliteStore(…)`. */
export interface SqliteStoreOptions {
  /** The file; made where there is none. Its folder must exist. */
  readonly path: string | URL;
  /** How long an append waits for another program that holds the file, in milliseconds. Default: 2000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Opens the file, which must be there, to read it: nothing is written, nothing is locked for writing. Default: false. */
  readonly readOnly?: boolean | undefined;
}

/** "ALat": whose file this is. */
const applicationId = 0x414c6174;
/** How the table below looks. */
const layoutVersion = 1;

const layout = `
  CREATE TABLE ledger (row_id INTEGER PRIMARY KEY, text TEXT NOT NULL, openings TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${layoutVersion};`;

/** Made when the first snapshot is kept: to earlier versions of this package it is nothing. */
const snapshotLayout =
  "CREATE TABLE IF NOT EXISTS snapshot (only INTEGER PRIMARY KEY CHECK (only = 0), rows INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT";

type StoredRow = readonly [rowId: number, text: string, openings: string];

interface Opened {
  readonly database: Database;
  readonly insert: Statement;
  readonly last: Statement;
  /** Gives StoredRows. */
  readonly select: Pick<Statement, "all">;
  /** Whether this store appended. One that did not leaves the file as it found it. */
  written: boolean;
}

/** The files that this copy of the module has open, by their real paths: whoever opens one again need not wait to hear it. */
const openPaths = new Set<string>();

/**
 * Keeps the ledger in a SQLite file, in WAL mode, each append synced to disk before it is acknowledged. One store writes to a
 * file at a time: opening it a second time fails with `LEDGER_UNAVAILABLE`. Beside it stays an empty file, `…-owner`, for that.
 *
 * Uses `node:sqlite` where Node.js has it (22.13 and newer; earlier 22 with its flag), else the package
 * `@photostructure/sqlite`.
 */
export class SqliteStore implements LedgerStore {
  readonly description: string;
  readonly blocking = true;
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #readOnly: boolean;
  #open: Opened | undefined;
  /** Held while the file is open for writing. */
  #lock: Database | undefined;
  /** Of the file that is open. */
  #realPath = "";

  constructor(options: SqliteStoreOptions) {
    const known = { path: "any", busyTimeoutMs: "integer", readOnly: "boolean" } as const;
    const {
      path,
      busyTimeoutMs = 2000,
      readOnly = false,
    } = readOptions("SqliteStore", options, known);
    if (!(path instanceof URL) && (typeof path !== "string" || path === "")) {
      throw invalidArgument('SqliteStore: "path" is missing: the file that keeps the ledger');
    }
    if (busyTimeoutMs < 0)
      throw invalidArgument('SqliteStore: "busyTimeoutMs" must not be negative');
    this.#path = path instanceof URL ? fileURLToPath(path) : resolve(path);
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#readOnly = readOnly;
    this.description = this.#path;
  }

  async open(): Promise<void> {
    if (this.#open !== undefined) return;
    const file = this.#file();
    if (openPaths.has(file)) {
      throw new AgentLatticeError(
        "LEDGER_UNAVAILABLE",
        `${this.#path} is open in this process already; close the lattice that has it, or use that one`,
      );
    }
    openPaths.add(file);
    try {
      await this.#checkHeader(file);
      if (!this.#readOnly) this.#lock = await ownLedger(file, this.#busyTimeoutMs);
      this.#open = this.#prepare(await openDatabase(this.#path, this.#readOnly));
      this.#realPath = file;
    } catch (error) {
      this.#letGo(file);
      throw this.#error(error);
    }
  }

  read(fromRow: number, limit: number): readonly LedgerRow[] {
    const { select } = this.#opened();
    let rows: readonly StoredRow[];
    try {
      rows = select.all(fromRow, limit) as StoredRow[];
    } catch (cause) {
      throw this.#error(cause);
    }
    return rows.map(([rowId, text, openings], index) => {
      if (rowId !== fromRow + index) throw this.#corrupt(`row ${fromRow + index} is missing`);
      return [text, openings];
    });
  }

  /** How many rows there are. */
  size(): number {
    return ((this.#opened().last.get() as { row_id: number | null }).row_id ?? -1) + 1;
  }

  append(firstRow: number, rows: readonly LedgerRow[]): void {
    this.#write(({ insert, last }) => {
      const next = ((last.get() as { row_id: number | null }).row_id ?? -1) + 1;
      if (next !== firstRow) throw this.#outpaced(firstRow, next);
      rows.forEach(([text, openings], index) => {
        insert.run(firstRow + index, text, openings);
      });
    });
  }

  redact(rows: readonly (readonly [rowId: number, openings: string])[]): void {
    const { database } = this.#write((opened) => {
      const update = opened.database.prepare("UPDATE ledger SET openings = ? WHERE row_id = ?");
      for (const [rowId, openings] of rows) update.run(openings, rowId);
      if (hasSnapshot(opened.database)) opened.database.exec("DELETE FROM snapshot");
    });
    // What was overwritten stands in the log until that is moved into the file, where secure_delete wiped it.
    const moved = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    if (moved.busy === 0) return;
    throw new AgentLatticeError(
      "LEDGER_UNAVAILABLE",
      `${this.#path}: another program reads the file, so what was redacted is still in its log`,
      { retryable: true },
    );
  }

  readSnapshot(): LedgerSnapshot | undefined {
    const { database } = this.#opened();
    try {
      if (!hasSnapshot(database)) return undefined;
      return database.prepare("SELECT rows, bytes FROM snapshot").get() as
        | LedgerSnapshot
        | undefined;
    } catch (cause) {
      throw this.#error(cause);
    }
  }

  keepSnapshot({ rows, bytes }: LedgerSnapshot): void {
    this.#write(({ database }) => {
      database.exec(snapshotLayout);
      database
        .prepare("INSERT OR REPLACE INTO snapshot (only, rows, bytes) VALUES (0, ?, ?)")
        .run(rows, bytes);
    });
  }

  close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    // Into the one file now, not when the driver's statements happen to be collected.
    if (open.written) tryExec(open.database, "PRAGMA wal_checkpoint(TRUNCATE)");
    open.database.close();
    this.#letGo(this.#realPath);
  }

  #letGo(file: string): void {
    openPaths.delete(file);
    this.#lock?.close();
    this.#lock = undefined;
  }

  /** One transaction. The write lock is taken before anything is looked at: nobody can come in between. */
  #write(change: (opened: Opened) => void): Opened {
    const opened = this.#opened();
    const { database } = opened;
    if (this.#readOnly)
      throw new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.#path} is open for reading only`);
    try {
      database.exec("BEGIN IMMEDIATE");
      try {
        change(opened);
        database.exec("COMMIT");
        opened.written = true;
      } catch (error) {
        // Some failures have ended the transaction already.
        if (database.isTransaction !== false) tryExec(database, "ROLLBACK");
        throw error;
      }
    } catch (cause) {
      throw this.#error(cause);
    }
    return opened;
  }

  #prepare(database: Database): Opened {
    try {
      database.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
      if (!this.#readOnly) {
        this.#createLayout(database);
        database.exec("PRAGMA journal_mode = WAL");
        database.exec("PRAGMA synchronous = FULL");
        database.exec("PRAGMA secure_delete = ON");
      }
      return {
        database,
        written: false,
        insert: database.prepare("INSERT INTO ledger (row_id, text, openings) VALUES (?, ?, ?)"),
        last: database.prepare("SELECT max(row_id) AS row_id FROM ledger"),
        select: readingArrays(
          database.prepare(
            "SELECT row_id, text, openings FROM ledger WHERE row_id >= ? ORDER BY row_id LIMIT ?",
          ),
        ),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #opened(): Opened {
    if (this.#open === undefined)
      throw new AgentLatticeError("CLOSED", `${this.#path} is not open`);
    return this.#open;
  }

  /** The file's real path, through whatever links: by it two names of one file are the same. */
  #file(): string {
    if (!existsSync(dirname(this.#path))) {
      throw new AgentLatticeError(
        "LEDGER_UNAVAILABLE",
        `cannot open ${this.#path}: its folder does not exist; create it first`,
      );
    }
    try {
      if (existsSync(this.#path)) return realpathSync(this.#path);
      return join(realpathSync(dirname(this.#path)), basename(this.#path));
    } catch (cause) {
      throw this.#error(cause);
    }
  }

  /** Refuses what is no ledger, before it is opened for writing. */
  async #checkHeader(file: string): Promise<void> {
    if (!existsSync(file)) {
      if (!this.#readOnly) return;
      throw new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.#path} does not exist`);
    }
    // A file that was made and never written is a new one.
    const empty = statSync(file).size === 0;
    if (empty && !this.#readOnly) return;
    const header = empty ? undefined : await readHeader(file, this.#busyTimeoutMs);
    if (header === undefined)
      throw this.#corrupt("it is not a SQLite file, or its beginning is damaged");
    if (header.applicationId !== applicationId)
      throw this.#corrupt("it is a SQLite file, but not a ledger of this program");
    if (header.userVersion > layoutVersion) {
      throw this.#corrupt(
        `it was written by a newer version of this package (layout ${header.userVersion}, known up to ${layoutVersion})`,
      );
    }
  }

  /** In one transaction: a file either is a ledger or is empty, whatever happens meanwhile. */
  #createLayout(database: Database): void {
    database.exec("BEGIN IMMEDIATE");
    try {
      const count = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get();
      if ((count as { tables: number }).tables === 0) database.exec(layout);
      database.exec("COMMIT");
    } catch (error) {
      tryExec(database, "ROLLBACK");
      throw error;
    }
  }

  #outpaced(firstRow: number, next: number): AgentLatticeError {
    const what =
      next > firstRow
        ? `row ${firstRow} is there already: another process writes to this ledger`
        : `row ${next} comes next, not ${firstRow}: rows were removed`;
    return new AgentLatticeError(
      "LEDGER_UNAVAILABLE",
      `${this.#path}: ${what}; nothing was written. Let one process own the file, then open the lattice again`,
    );
  }

  #corrupt(what: string, cause?: unknown): AgentLatticeError {
    return new AgentLatticeError(
      "LEDGER_CORRUPT",
      `${this.#path}: ${what}. The file was left as it is; restore it from a copy, or give another path`,
      { cause },
    );
  }

  #error(cause: unknown): AgentLatticeError {
    if (cause instanceof AgentLatticeError) return cause;
    const { message } = cause as Error;
    const damaged = [SQLITE_CORRUPT, SQLITE_NOTADB].includes(resultCode(cause));
    if (damaged || /malformed|not a database/.test(message)) return this.#corrupt(message, cause);
    return new AgentLatticeError("LEDGER_UNAVAILABLE", `${this.#path}: ${message}`, {
      cause,
      retryable: true,
    });
  }
}

function hasSnapshot(database: Database): boolean {
  return (
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'snapshot'").get() !== undefined
  );
}

function tryExec(database: Database, sql: string): void {
  try {
    database.exec(sql);
  } catch {
    // What led here is the error that counts.
  }
}
