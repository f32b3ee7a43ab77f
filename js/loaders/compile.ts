// From whatever a user hands over to a compiled module. Web standards only.

import { invalidArgument, moduleUnavailable } from "../errors.js";

/** A `WebAssembly.Module`, whose name TypeScript knows with the DOM only. */
export type CompiledModule = object;

/**
 * The kernel's WebAssembly, for runtimes where the package cannot find it by itself: a compiled module, its bytes, a
 * Response that carries them, or where they are.
 */
export type WasmSource = CompiledModule | ArrayBuffer | ArrayBufferView | Response | URL | string;

/** Fetches what is behind a URL; every runtime has its own way. */
export type Read = (url: URL) => Promise<Response | Uint8Array<ArrayBuffer>>;

/** Fails with `MODULE_UNAVAILABLE` where nothing can be read there, or the runtime does not take what was. */
export async function compile(source: WasmSource, read: Read): Promise<CompiledModule> {
  // By tag: an object of another realm is no instance of this realm's class.
  const tag = tagOf(source);
  if (tag === "WebAssembly.Module") return source as CompiledModule;
  if (typeof source === "string") return compile(parseUrl(source), read);
  if (tag === "URL") return compileFrom(source as URL, read);
  if (tag === "Response") return compileResponse(source as Response);
  if (ArrayBuffer.isView(source) || tag.endsWith("ArrayBuffer"))
    return compileBytes(source as BufferSource, `"wasm"`);
  throw invalidArgument(
    `"wasm" must be a WebAssembly.Module, bytes, a Response, a URL, or a promise of one`,
  );
}

async function compileFrom(url: URL, read: Read): Promise<WebAssembly.Module> {
  let found: Response | Uint8Array<ArrayBuffer>;
  try {
    found = await read(url);
  } catch (cause) {
    throw moduleUnavailable(`${url.href} cannot be read`, cause);
  }
  return ArrayBuffer.isView(found)
    ? compileBytes(found, url.href)
    : compileResponse(found, url.href);
}

async function compileResponse(
  response: Response,
  from: string = response.url || `the Response in "wasm"`,
): Promise<WebAssembly.Module> {
  if (!response.ok) throw moduleUnavailable(`${from} has status ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  // Only streaming insists on the type. A server that does not know it is no reason to fail.
  const stream = /^application\/wasm$/i.test(type) && WebAssembly.compileStreaming !== undefined;
  if (stream) return accepted(from, () => WebAssembly.compileStreaming(response));
  const bytes = await accepted(from, () => response.arrayBuffer());
  return compileBytes(bytes, type === "" ? from : `${from} (${type})`);
}

const compileBytes = (bytes: BufferSource, from: string): Promise<WebAssembly.Module> =>
  accepted(from, () => WebAssembly.compile(bytes));

async function accepted<T>(from: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw moduleUnavailable(`this runtime does not take ${from} for a WebAssembly module`, cause);
  }
}

const tagOf = (value: unknown): string =>
  Object.prototype.toString.call(value).slice("[object ".length, -1);

function parseUrl(text: string): URL {
  try {
    // Bundlers give a path for a file that they took along.
    return new URL(text, globalThis.location?.href);
  } catch (cause) {
    throw invalidArgument(
      `"wasm" is no URL: ${JSON.stringify(text)}; for a file give its file: URL or its bytes`,
      cause,
    );
  }
}
