// Where the rows of a ledger come from: a SQLite file, which is only read, JSON lines, or a server.

import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { LedgerRow } from "../stores/store.js";
import { visible } from "../terminal.js";
import { exit, Stop } from "./command.js";

/** A row may have some MiB. */
const rows_per_batch = 256;
const page_rows = 500;
/** A row and its openings hold a request, which is far shorter, however its characters are written. */
const line_length_max = 16 << 20;
const sqlite_magic = "SQLite format 3\0";

/** Batches of rows, from row 0 on. */
export type Rows = AsyncIterable<readonly LedgerRow[]>;

export interface LedgerSource {
  /** For people, and what a pinned checkpoint is kept under: a path, a URL. */
  readonly name: string;
  /** How many rows there are, where that is known before they are read. */
  readonly total: number | undefined;
  readonly rows: Rows;
}

export const isUrl = (place: string): boolean => /^https?:\/\//.test(place);

export async function openLedger(place: string): Promise<LedgerSource> {
  if (isUrl(place)) return fromServer(place);
  return isFile(place) && beginsLikeSqlite(place) ? fromSqlite(place) : fromLines(place);
}

const isStandardInput = (path: string): boolean => path === "-" || path === "/dev/stdin";

/** What is none, a pipe for instance, cannot be read twice, nor from the middle: it holds lines. */
function isFile(path: string): boolean {
  if (path === "-") return false;
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new Error("it is a folder");
    return status.isFile();
  } catch (error) {
    throw new Stop(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** A ledger begins with its first row: nothing at all is not a sound one, and a file that was not meant. */
export const noRows = (place: string): Stop =>
  new Stop(`${visible(place)} holds no rows`, exit.found);

/** The key of a server comes from the environment, or from the standard input: arguments are for all to see. */
export async function apiKey(): Promise<string> {
  const { AL_API_KEY: key } = process.env;
  if (key) return key;
  if (process.stdin.isTTY === true)
    throw new Stop("no key: set AL_API_KEY, or send the key to the standard input", exit.usage);
  const { standardInput } = await import("./document.js");
  const sent = Buffer.from(await standardInput())
    .toString("utf8")
    .trim();
  if (sent === "")
    throw new Stop("no key: set AL_API_KEY, or send the key to the standard input", exit.usage);
  return sent;
}

function beginsLikeSqlite(path: string): boolean {
  const header = Buffer.alloc(sqlite_magic.length);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new Stop(`cannot read ${path}: ${(error as Error).message}`);
  }
  return header.toString("latin1") === sqlite_magic;
}

async function fromSqlite(path: string): Promise<LedgerSource> {
  const { SqliteStore } = await import("../stores/sqlite.js");
  const store = new SqliteStore({ path, readOnly: true });
  await store.open();
  async function* rows(): Rows & AsyncGenerator<readonly LedgerRow[]> {
    try {
      for (let from = 0; ; ) {
        const batch = store.read(from, rows_per_batch);
        if (batch.length === 0) return;
        yield batch;
        from += batch.length;
      }
    } finally {
      store.close();
    }
  }
  return { name: store.description, total: store.size(), rows: rows() };
}

/** As `agentlattice export` writes them: `{"row_id", "text", "openings"}`, a row a line. */
function fromLines(path: string): LedgerSource {
  async function* rows(): AsyncGenerator<readonly LedgerRow[]> {
    let batch: LedgerRow[] = [];
    let number = 0;
    for await (const line of linesOf(path)) {
      if (++number === 1 && line.startsWith(sqlite_magic))
        throw new Stop(`${path}: a SQLite ledger cannot be read from a stream; name its file`);
      if (line.trim() === "") continue;
      batch.push(rowOf(path, number, line));
      if (batch.length === rows_per_batch) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }
  return { name: path === "-" ? path : resolve(path), total: undefined, rows: rows() };
}

/** Broken at line feeds alone: JSON may hold whatever else ends a line elsewhere. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const input = isStandardInput(path) ? process.stdin : createReadStream(path);
  input.setEncoding("utf8");
  let rest = "";
  try {
    for await (const chunk of input as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() as string;
      yield* lines;
      if (rest.length > line_length_max)
        throw new Error(`a line is longer than ${line_length_max} characters`);
    }
  } catch (error) {
    throw new Stop(`cannot read ${path}: ${(error as Error).message}`);
  }
  if (rest !== "") yield rest;
}

function rowOf(path: string, number: number, line: string): LedgerRow {
  const { row_id, text, openings = "" } = membersOf(line);
  if (typeof text !== "string" || typeof openings !== "string")
    throw new Stop(
      `${path}:${number}: this is no row of a ledger; agentlattice export writes what can be read here`,
      exit.found,
    );
  // Only the row's own number is part of what is verified: another beside it would mislead whoever reads the line.
  const { row_id: own = row_id } = row_id === undefined ? {} : membersOf(text);
  if (row_id !== own)
    throw new Stop(
      `${path}:${number}: "row_id" is ${JSON.stringify(row_id)}, but the row itself says ${JSON.stringify(own)}`,
      exit.found,
    );
  return [text, openings];
}

/** Of a JSON object; of whatever else, none. */
function membersOf(json: string): { row_id?: unknown; text?: unknown; openings?: unknown } {
  try {
    return JSON.parse(json) ?? {};
  } catch {
    return {};
  }
}

interface EntriesPage {
  readonly entries: readonly { readonly text: string; readonly openings?: string }[];
  readonly size: number;
}

async function fromServer(baseUrl: string): Promise<LedgerSource> {
  const { Client } = await import("../client.js");
  const client = new Client("agentlattice", { apiKey: await apiKey(), baseUrl });
  const page = (from: number): Promise<EntriesPage> =>
    client.call<EntriesPage>(() => ({
      operation: "entries",
      query: `from=${from}&limit=${page_rows}`,
    })) as unknown as Promise<EntriesPage>;
  const first = await page(0);
  async function* rows(): AsyncGenerator<readonly LedgerRow[]> {
    try {
      let from = 0;
      for (let at = first; at.entries.length > 0; at = await page(from)) {
        yield at.entries.map(({ text, openings = "" }): LedgerRow => [text, openings]);
        from += at.entries.length;
        // What is written meanwhile is for the next time.
        if (from >= first.size) return;
      }
    } finally {
      client.close();
    }
  }
  return { name: client.target, total: first.size, rows: rows() };
}
