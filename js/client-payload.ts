// The smaller module: clients of a lattice elsewhere.

import { own } from "#module/client";
import create from "./client.mjs";
import type { Payload } from "./payload.js";

export const clientPayload: Payload = { name: "client.wasm", create, own, lattice: false };
