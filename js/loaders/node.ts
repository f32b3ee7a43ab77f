// The loader for Node.js: the module lies beside this package's code.

import { readFile } from "node:fs/promises";
import { compile, type WasmSource } from "./compile.js";

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The kernel's module: the one handed over, else the package's own, which is read and compiled once per process and shared
 * by all instances.
 */
export async function loadModule(
  source: WasmSource | Promise<WasmSource> | undefined,
): Promise<WebAssembly.Module> {
  if (source !== undefined) return compile(await source, read);
  compiled ??= compile(new URL("../agentlattice.wasm", import.meta.url), read).catch(
    (error: unknown) => {
      compiled = undefined;
      throw error;
    },
  );
  return compiled;
}

async function read(url: URL): Promise<ArrayBuffer | Uint8Array<ArrayBuffer>> {
  if (url.protocol === "file:") return readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered with status ${response.status}`);
  return response.arrayBuffer();
}
