// Checkpoints in a file of their own, away from the ledger.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckpointStore } from "../checkpoints.js";
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
    const note = this.#read()[origin];
    return typeof note === "string" ? note : null;
  }

  /** All of it, or nothing: a reader never sees half a file. */
  set(origin: string, note: string): void {
    const text = JSON.stringify({ ...this.#read(), [origin]: note }, null, 2);
    const unfinished = `${this.#path}.${process.pid}.new`;
    writeFileSync(unfinished, `${text}\n`, { flush: true });
    renameSync(unfinished, this.#path);
  }

  #read(): Readonly<Record<string, unknown>> {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return {};
      throw error;
    }
    const read: unknown = parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return { ...read };
    // Not {}: whoever damages the file must not thereby make its owner forget.
    throw new Error(`${this.#path} holds no checkpoints; restore it, or remove it to begin anew`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
