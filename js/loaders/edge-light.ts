// Edge functions compile nothing at run time: they import modules, so there is nothing to read.

import type { Read } from "./compile.js";

export const read: Read = async () => {
  throw new Error(
    'edge functions take compiled modules only: import one, for instance "@agentlattice/wasm/client.wasm?module", and pass it as "wasm"',
  );
};
