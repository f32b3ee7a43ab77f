// The smaller module: clients of a lattice elsewhere.

import type { Payload } from "./payload.js";

export const clientPayload: Payload = {
  name: "client.wasm",
  glue: async () => (await import("./client.mjs")).default,
  url: () => new URL("./client.wasm", import.meta.url),
};
