// The loader for Node.js: the modules lie beside this package's code.

import { readFile } from "node:fs/promises";
import type { Payload } from "../payload.js";
import { compile, type WasmSource } from "./compile.js";

const compiled = new Map<Payload, Promise<WebAssembly.Module>>();

/** The module that was handed over, else the package's own, which is read and compiled once per process and shared. */
export async function loadModule(
  payload: Payload,
  source: WasmSource | Promise<WasmSource> | undefined,
): Promise<WebAssembly.Module> {
  if (source !== undefined) return compile(await source, read);
  const module = compiled.get(payload) ?? compile(payload.url(), read);
  compiled.set(payload, module);
  // One that failed is tried again by the next.
  module.catch(() => compiled.delete(payload));
  return module;
}

async function read(url: URL): Promise<ArrayBuffer | Uint8Array<ArrayBuffer>> {
  if (url.protocol === "file:") return readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered with status ${response.status}`);
  return response.arrayBuffer();
}
