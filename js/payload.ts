// A WebAssembly module of this package. There are two, and each has a file of its own, so that what a bundle does not use it
// does not hold.

import type { Factory } from "./boundary.js";

export interface Payload {
  /** Its name in the package, for people. */
  readonly name: string;
  readonly glue: () => Promise<Factory>;
  readonly url: () => URL;
}
