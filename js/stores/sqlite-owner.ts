// Who may write a ledger's file: whoever holds the lock of the empty file beside it. The system takes it back from a process
// that ended, however it ended.

import { AgentLatticeError } from "../errors.js";
import { type Database, openDatabase, resultCode, SQLITE_BUSY } from "./sqlite-driver.js";

/**
 * Takes that lock, given the ledger's real path; it is held until what is returned is closed. Nothing is ever written there.
 * It is a database because SQLite's locks hold between processes and between threads, on every system.
 */
export async function ownLedger(file: string, busyTimeoutMs: number): Promise<Database> {
  const lock = await openDatabase(`${file}-owner`);
  try {
    lock.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock.close();
    if (resultCode(cause) !== SQLITE_BUSY) throw cause;
    throw new AgentLatticeError(
      "LEDGER_UNAVAILABLE",
      `${file} is open in another program or thread, and one writes at a time; stop that one, or ask it (agentlattice serve)`,
      { cause, retryable: true },
    );
  }
}
