// The one seam between the core and the runtime it is in. What begins with "#" is chosen by runtime, in npm/package.json under
// "imports": `#loader` says how to read what is behind a URL, `#module/…` where the package's own modules are.

import { read } from "#loader";
import { moduleUnavailable } from "../errors.js";
import type { Payload } from "../payload.js";
import { type CompiledModule, compile, type WasmSource } from "./compile.js";

export type { WasmSource } from "./compile.js";

const compiled = new Map<Payload, Promise<CompiledModule>>();

/** The module that was handed over, else the package's own, which is compiled once and shared by whoever asks. */
export async function loadModule(
  payload: Payload,
  source: WasmSource | Promise<WasmSource> | undefined,
): Promise<CompiledModule> {
  if (source !== undefined) return compile(await source, read);
  const module = compiled.get(payload) ?? own(payload);
  compiled.set(payload, module);
  // One that failed is tried again by the next.
  module.catch(() => compiled.delete(payload));
  return module;
}

async function own(payload: Payload): Promise<CompiledModule> {
  let source: WasmSource;
  try {
    source = await payload.own();
  } catch (cause) {
    // A bundle without `import.meta.url`, or without the file.
    throw moduleUnavailable(`${payload.name} cannot be found`, cause);
  }
  return compile(source, read);
}
