// A WebAssembly module of this package. There are two, and each has a file of its own, so that what a bundle does not use it
// does not hold.

import type { Factory } from "./boundary.js";
import type { WasmSource } from "./loaders/compile.js";

export interface Payload {
  /** Its name in the package, for people. */
  readonly name: string;
  /** Emscripten's glue. Imported with the package: a service worker may not import anything later. */
  readonly create: Factory;
  /** How this runtime comes by the module. */
  readonly own: () => WasmSource | Promise<WasmSource>;
  /** Whether it holds a lattice. */
  readonly lattice: boolean;
}
