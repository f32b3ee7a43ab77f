// Checkpoints in a file of their own, away from the ledger.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckpointStore } from "../checkpoints.js";
import { AgentLatticeError } from "../errors.js";
import { readOptions } from "../options.js";

/**
 * Keeps checkpoints in a JSON file, made when there is something to keep. Whoever can write the ledger should not be able to
 * write this. Delete it to begin anew, after a ledger was replaced on purpose.
 *
 * ```js
 * const al = new AgentLattice({ apiKey, checkpoints: new FileCheckpointStore({ path: "checkpoints.json" }) });
 * ```
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly #path: string;

  constructor(options: { readonly path: string | URL }) {
    const { path } = readOptions("FileCheckpointStore", options, { path: "any" });
    this.#path = path instanceof URL ? fileURLToPath(path) : resolve(path);
  }

  get(origin: string): string | null {
    return this.#noteOf(this.#read(), origin);
  }

  /** All of it, or nothing: a reader never sees half a file. */
  set(origin: string, note: string): void {
    const notes = this.#read();
    this.#noteOf(notes, origin);
    const text = JSON.stringify({ ...notes, [origin]: note }, null, 2);
    const unfinished = `${this.#path}.${process.pid}.new`;
    try {
      writeFileSync(unfinished, `${text}\n`, { flush: true });
      renameSync(unfinished, this.#path);
    } catch (cause) {
      throw unavailable(`${this.#path} cannot be written: ${(cause as Error).message}`, cause);
    }
  }

  // Not {}, nor null for what is no note: whoever damages the file must not thereby make its owner forget.

  #read(): Readonly<Record<string, unknown>> {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (cause) {
      if ((cause as { code?: string }).code === "ENOENT") return {};
      throw unavailable(`${this.#path} cannot be read: ${(cause as Error).message}`, cause);
    }
    const read: unknown = parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return { ...read };
    throw unavailable(`${this.#path} holds no checkpoints; restore it, or remove it to begin anew`);
  }

  #noteOf(notes: Readonly<Record<string, unknown>>, origin: string): string | null {
    if (!Object.hasOwn(notes, origin)) return null;
    const note = notes[origin];
    if (typeof note === "string") return note;
    throw unavailable(
      `${this.#path} holds no checkpoint of ${origin}, but something else; restore it, or remove it to begin anew`,
    );
  }
}

const unavailable = (sentence: string, cause?: unknown): AgentLatticeError =>
  new AgentLatticeError("CHECKPOINT_UNAVAILABLE", sentence, { cause });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
