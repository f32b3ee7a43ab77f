// Rows as they cross the boundary (wasm/README.md, "Rows").

import type { LedgerRow } from "./stores/store.js";

const lengths_bytes = 8;
/** What a UTF-16 code unit takes in UTF-8, at most. */
const unit_bytes_max = 3;
const first_bytes = 1 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Makes bytes of rows, always in the same memory: what it gave is good until it is asked again. */
export class RowPacker {
  #bytes = new Uint8Array(first_bytes);

  pack(rows: readonly LedgerRow[]): Uint8Array {
    let units = 0;
    for (const [text, openings] of rows) units += text.length + openings.length;
    const needed = rows.length * lengths_bytes + units * unit_bytes_max;
    if (needed > this.#bytes.length) this.#bytes = new Uint8Array(2 * needed);
    const bytes = this.#bytes;
    const lengths = new DataView(bytes.buffer);
    let at = 0;
    for (const [text, openings] of rows) {
      const begin = at;
      at += lengths_bytes;
      const text_bytes = encoder.encodeInto(text, bytes.subarray(at)).written;
      at += text_bytes;
      const openings_bytes =
        openings === "" ? 0 : encoder.encodeInto(openings, bytes.subarray(at)).written;
      at += openings_bytes;
      lengths.setUint32(begin, text_bytes, true);
      lengths.setUint32(begin + 4, openings_bytes, true);
    }
    return bytes.subarray(0, at);
  }
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
