// The one seam between the core and the runtime it is in: every loader exports `loadModule`, and which one is taken is
// decided here.

export type { WasmSource } from "./compile.js";
export { loadModule } from "./node.js";
