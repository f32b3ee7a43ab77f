// In place of network-caller.ts where no thread may wait for another: browsers and Workers.

import { wouldBlock } from "./caller.js";

export class NetworkCaller {
  /** Throws `WOULD_BLOCK`. */
  constructor() {
    throw wouldBlock(
      "this platform has no thread that may wait for another: Node.js, Deno and Bun have; use AgentLattice here, or a lattice in this process",
    );
  }
}
