// Workers compile nothing at run time: they import modules, so there is nothing to read.

import type { Read } from "./compile.js";

export const read: Read = async () => {
  throw new Error(
    'Workers take compiled modules only: import one, for instance "@agentlattice/wasm/client.wasm", and pass it as "wasm"',
  );
};
