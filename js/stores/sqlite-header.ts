// Whose a SQLite file is, found out without changing it.

import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { openDatabase, resultCode, SQLITE_NOTADB } from "./sqlite-driver.js";

/** Two fields of a file's first 100 bytes (sqlite.org/fileformat2.html). */
export interface Header {
  readonly applicationId: number;
  readonly userVersion: number;
}

/**
 * The header of a file, given its real path; undefined where it is no SQLite file.
 *
 * Closing any descriptor of a file drops all locks that the process holds on it (sqlite.org/howtocorrupt.html, 2.2), and with
 * them what keeps other programs from removing the log of a ledger that is open here: in another thread, or with another copy of
 * this module. Whoever has it open has a `-shm` file beside it. There SQLite is asked, which knows of its locks in this process
 * and puts such a close off. Elsewhere it is kept out, since it would leave files of its own beside a stranger's.
 */
export const readHeader = async (
  file: string,
  busyTimeoutMs: number,
): Promise<Header | undefined> =>
  existsSync(`${file}-shm`) ? askedHeader(file, busyTimeoutMs) : rawHeader(file);

function rawHeader(file: string): Header | undefined {
  const header = new Uint8Array(100);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const magic = new TextDecoder("latin1").decode(header.subarray(0, 16));
  if (magic !== "SQLite format 3\0") return undefined;
  const fields = new DataView(header.buffer);
  return { applicationId: fields.getUint32(68), userVersion: fields.getUint32(60) };
}

async function askedHeader(file: string, busyTimeoutMs: number): Promise<Header | undefined> {
  const database = await openDatabase(file, true);
  const field = (pragma: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() as object)[0]) >>> 0;
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return { applicationId: field("application_id"), userVersion: field("user_version") };
  } catch (error) {
    if (isNoDatabase(error)) return undefined;
    throw error;
  } finally {
    database.close();
  }
}

const isNoDatabase = (error: unknown): boolean =>
  resultCode(error) === SQLITE_NOTADB || /not a database/.test((error as Error).message);
