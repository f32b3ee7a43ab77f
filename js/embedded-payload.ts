// The larger module: a lattice, and clients of it.

import type { Payload } from "./payload.js";

export const embeddedPayload: Payload = {
  name: "agentlattice.wasm",
  glue: async () => (await import("./agentlattice.mjs")).default,
  url: () => new URL("./agentlattice.wasm", import.meta.url),
};
