// Emscripten's glue of client.wasm. Its text is built into npm/dist; this declaration only serves the compiler here.
import type { Factory } from "./boundary.js";

declare const create: Factory;
export default create;
