// What a lattice needs of a place that keeps its ledger. A store only keeps rows in order; it never knows what they say.

/** One row: its canonical text, and its openings ("" where there are none). Kept and given back byte for byte. */
export type LedgerRow = readonly [text: string, openings: string];

/**
 * What the first `rows` rows of a ledger come to, as bytes that only the kernel reads, so that these rows need not be read when
 * the ledger is opened again. The ledger has a row that vouches for them: bytes that were changed are not used.
 */
export interface LedgerSnapshot {
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/**
 * A durable list of rows, numbered from 0 without a gap. Used by one lattice at a time, one operation at a time. Anything
 * thrown is told to whoever asked; an AgentLatticeError says what, where and what to do.
 */
export interface LedgerStore {
  /** Where the ledger is, for people: a path, a name. */
  readonly description?: string;
  /**
   * True where the methods hold up this thread until they are done, as those of a file's database do. Rows that are made within
   * one turn of the event loop are then appended together, at its end.
   */
  readonly blocking?: boolean;
  /** Makes it ready. Fails with `LEDGER_CORRUPT`, and changes nothing, where it holds what it does not understand. */
  open(): void | Promise<void>;
  /**
   * Up to `limit` rows from number `fromRow` on, in order; none at the end. Asked when the ledger is opened, and for old rows
   * later.
   */
  read(fromRow: number, limit: number): readonly LedgerRow[] | Promise<readonly LedgerRow[]>;
  /**
   * Makes all of these rows durable, or none. INVARIANT: fails when `firstRow` is not the number that comes next: then somebody
   * else has written, and this lattice does not know what.
   */
  append(firstRow: number, rows: readonly LedgerRow[]): void | Promise<void>;
  /**
   * Puts other openings ("" for none) in the place of the rows' own, durably, all or none, so that the old ones cannot be had from
   * it any more; a snapshot goes with them, since it may hold them too. Texts stay as they are. A store without this keeps a
   * ledger from which nothing can be redacted.
   */
  redact?(rows: readonly (readonly [rowId: number, openings: string])[]): void | Promise<void>;
  /** The snapshot that was kept last, if any. */
  readSnapshot?(): LedgerSnapshot | undefined | Promise<LedgerSnapshot | undefined>;
  /** Keeps a snapshot in the place of the one before. A store without these two is read from its first row each time. */
  keepSnapshot?(snapshot: LedgerSnapshot): void | Promise<void>;
  /** Gives everything back. Harmless when it was never opened, or is closed. */
  close(): void | Promise<void>;
}
