// A runtime that is none of those above: nobody knows how it reads files.

import type { Read } from "./compile.js";

export const read: Read = async () => {
  throw new Error(
    'no loader is known for this runtime: pass "wasm", a compiled module, its bytes or a Response',
  );
};
