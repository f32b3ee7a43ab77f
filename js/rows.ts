// Rows as they cross the boundary (wasm/README.md, "Rows").

import type { LedgerRow } from "./stores/store.js";

const lengths_bytes = 8;
/** What a UTF-16 code unit takes in UTF-8, at most. */
const unit_bytes_max = 3;
const first_bytes = 1 << 20;
/** More than this is given back before the next rows. */
const kept_bytes_max = 32 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Makes bytes of rows, always in the same memory: what it gave is good until it is asked again. */
export class RowPacker {
  #bytes = new Uint8Array(first_bytes);
  #lengths = new DataView(this.#bytes.buffer);

  pack(rows: readonly LedgerRow[]): Uint8Array {
    if (this.#bytes.length > kept_bytes_max) this.#move(0, first_bytes);
    let at = 0;
    for (const [text, openings] of rows) {
      const begin = at;
      at += lengths_bytes;
      const text_bytes = this.#write(text, at);
      at += text_bytes;
      const openings_bytes = openings === "" ? 0 : this.#write(openings, at);
      at += openings_bytes;
      this.#lengths.setUint32(begin, text_bytes, true);
      this.#lengths.setUint32(begin + 4, openings_bytes, true);
    }
    return this.#bytes.subarray(0, at);
  }

  /** Puts a text at `at`, making room where there is not enough. Returns its length in bytes. */
  #write(text: string, at: number): number {
    const bytes_max = text.length * unit_bytes_max;
    const needed = at + lengths_bytes + bytes_max;
    if (needed > this.#bytes.length) this.#move(at, Math.max(needed, 2 * this.#bytes.length));
    // No larger than it must be: of 2 GiB or more, encodeInto fills nothing, and does not say so.
    return encoder.encodeInto(text, this.#bytes.subarray(at, at + bytes_max)).written;
  }

  /** Goes on in memory of another size, with the first `kept` bytes. */
  #move(kept: number, size: number): void {
    const moved = new Uint8Array(size);
    moved.set(this.#bytes.subarray(0, kept));
    this.#bytes = moved;
    this.#lengths = new DataView(moved.buffer);
  }
}

/** The same rows in groups of about `units` UTF-16 code units: what crosses the boundary at once is not without bound. */
export function* grouped(rows: readonly LedgerRow[], units: number): Generator<LedgerRow[]> {
  let group: LedgerRow[] = [];
  let held = 0;
  for (const row of rows) {
    group.push(row);
    held += row[0].length + row[1].length;
    if (held < units) continue;
    yield group;
    group = [];
    held = 0;
  }
  if (group.length > 0) yield group;
}

export function unpackRows(bytes: Uint8Array): LedgerRow[] {
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: LedgerRow[] = [];
  let at = 0;
  const take = (length: number): string => {
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  while (at < bytes.length) {
    const text_bytes = lengths.getUint32(at, true);
    const openings_bytes = lengths.getUint32(at + 4, true);
    at += lengths_bytes;
    rows.push([take(text_bytes), openings_bytes === 0 ? "" : take(openings_bytes)]);
  }
  return rows;
}
