// A file that a person wrote, JSON or YAML, as the JSON text that the kernel reads, and the way back: from what the kernel says
// about that text to a line of the file.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { visible } from "../terminal.js";
import { exit, Stop } from "./command.js";
import type { Fault } from "./workbench.js";

/** What a file of policies or tests may measure; the kernel takes no more. */
const file_bytes_max = 16 << 20;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Document {
  readonly path: string;
  readonly json: string;
  /** Where a JSON pointer leads in a file that is not `json` itself. */
  readonly locate?: (pointer: string) => Position;
}

/** The faults of a file: for people a sentence of one line each, for programs as they are. */
export class Faults extends Stop {
  readonly faults: readonly Fault[];

  constructor(path: string, faults: readonly Fault[]) {
    super(faults.map((fault) => lineOf(fault, path)).join("\n"), exit.found);
    this.faults = faults;
  }
}

/** `-` is the standard input. Throws a Stop where it cannot be read, or is not what its name says. */
export async function readDocument(path: string): Promise<Document> {
  const text = await readText(path);
  const extension = extname(path).toLowerCase();
  if (extension !== ".yaml" && extension !== ".yml") return { path, json: text };
  const { readYaml } = await import("./yaml.js");
  return { path, ...(await readYaml(path, text)) };
}

async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = path === "-" ? await standardInput() : await readFile(path);
  } catch (error) {
    throw new Stop(`cannot read ${path}: ${(error as Error).message}`);
  }
  if (bytes.byteLength > file_bytes_max)
    throw new Stop(`${path} has more than ${file_bytes_max} bytes, and so many are read at most`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Stop(`${path} is not well-formed UTF-8`, exit.found);
  }
}

/** The standard input: all of it, or more than is taken of anything. */
export async function standardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).byteLength;
    if (size > file_bytes_max) break;
  }
  return Buffer.concat(chunks);
}

/** The faults of an error of the kernel, placed in the file; undefined where it names none. */
export function faultsOf(error: unknown, document: Document): readonly Fault[] | undefined {
  const details = (error as { details?: { faults?: readonly Fault[] } }).details;
  return details?.faults && placed(details.faults, document);
}

/** In the order in which they stand in the file. */
export const placed = (faults: readonly Fault[], { locate }: Document): readonly Fault[] =>
  faults
    .map((fault) => (locate === undefined ? fault : { ...fault, ...locate(fault.pointer) }))
    .sort((a, b) => a.line - b.line || a.column - b.column);

/** `file:line:column: what (pointer)`, as compilers write it, so that editors can follow it. */
export const lineOf = ({ line, column, pointer, message }: Fault, path: string): string =>
  visible(
    `${path}:${line}:${column}: ${lastOf(pointer)}${message}${pointer === "" ? "" : ` (${pointer})`}`,
  );

const lastOf = (pointer: string): string => {
  const name = pointer.slice(pointer.lastIndexOf("/") + 1);
  return name === "" || /^\d+$/.test(name) ? "" : `"${name}" `;
};

/** Does `work` with the documents; what the kernel finds wrong with one of them becomes a Stop that lists every fault. */
export function withFaults<T>(documents: readonly Document[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { code?: string }).code;
    const document = code === "POLICY_INVALID" ? documents[0] : documents.at(-1);
    if (document === undefined) throw error;
    const faults = faultsOf(error, document);
    if (faults !== undefined) throw new Faults(document.path, faults);
    if (code === "MALFORMED_JSON")
      throw new Stop(
        `${documents.map(({ path }) => path).join(" or ")}: ${(error as Error).message}`,
        exit.found,
      );
    throw error;
  }
}
