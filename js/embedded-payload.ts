// The larger module: a lattice, and clients of it.

import { own } from "#module/agentlattice";
import create from "./agentlattice.mjs";
import type { Payload } from "./payload.js";

export const embeddedPayload: Payload = {
  name: "agentlattice.wasm",
  create,
  own,
  lattice: true,
};
