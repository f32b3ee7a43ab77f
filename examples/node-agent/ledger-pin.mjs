// Remembers how the ledger looked at the end of a run, outside of the ledger, and checks that the next run finds it unchanged.
//
// Whoever can write to the file could rewrite all of it, chain included; only a checkpoint that was kept elsewhere shows that.
// This needs nothing but the rows and SHA-256: a second opinion beside the kernel's.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Stop } from "./terminal.mjs";

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** The root of the Merkle tree over `leaves` (RFC 6962, section 2.1). */
function rootOf(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return sha256(nodePrefix, rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

function* rowsOf(store) {
  for (let from = 0; ; ) {
    const rows = store.read(from, 1000);
    if (rows.length === 0) return;
    yield* rows;
    from += rows.length;
  }
}

export class LedgerPin {
  #store;
  #path;

  /** `store` must be open. */
  constructor(store, path) {
    this.#store = store;
    this.#path = path;
  }

  /**
   * How many rows there are, and how many of them were pinned (0: none yet). Throws where the ledger is not a continuation of
   * what was pinned.
   */
  check() {
    const leaves = Array.from(rowsOf(this.#store), ([text]) => sha256(leafPrefix, text));
    if (!existsSync(this.#path)) return { rows: leaves.length, pinned: 0 };
    const [, size, root] = readFileSync(this.#path, "utf8").split("\n");
    const pinned = Number(size);
    if (!Number.isSafeInteger(pinned) || root === undefined) {
      throw new Stop(`${this.#path} is not a checkpoint; remove it to begin anew`);
    }
    if (pinned > leaves.length) {
      this.#refuse(`it has ${leaves.length} rows, but ${pinned} were pinned: its end was cut off`);
    }
    if (rootOf(leaves.slice(0, pinned)).toString("base64") !== root) {
      this.#refuse(`its first ${pinned} rows are not those that were pinned: it was rewritten`);
    }
    return { rows: leaves.length, pinned };
  }

  /** Keeps a checkpoint (origin, size and root, a line each) for the next run. */
  save(checkpoint) {
    writeFileSync(`${this.#path}.new`, checkpoint);
    renameSync(`${this.#path}.new`, this.#path);
  }

  #refuse(what) {
    throw new Stop(
      `${this.#store.description}: ${what}. Restore it from a copy; if you replaced it yourself, remove ${this.#path}`,
    );
  }
}
