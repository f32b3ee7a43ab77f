// From whatever a user hands over to a compiled module. Web standards only.

import { invalidArgument } from "../errors.js";

/**
 * The kernel's WebAssembly, for runtimes where the package cannot find it by itself: a compiled module, its bytes, a
 * Response that carries them, or where they are.
 */
export type WasmSource =
  | WebAssembly.Module
  | ArrayBuffer
  | ArrayBufferView
  | Response
  | URL
  | string;

const tagOf = (value: unknown): string =>
  Object.prototype.toString.call(value).slice("[object ".length, -1);

/** `read` fetches the bytes behind a URL in this runtime. */
export async function compile(
  source: WasmSource,
  read: (url: URL) => Promise<ArrayBuffer | Uint8Array<ArrayBuffer>>,
): Promise<WebAssembly.Module> {
  // By tag: an object of another realm is no instance of this realm's class.
  if (tagOf(source) === "WebAssembly.Module") return source as WebAssembly.Module;
  if (typeof source === "string") return compile(parseUrl(source), read);
  if (tagOf(source) === "URL") return WebAssembly.compile(await read(source as URL));
  if (tagOf(source) === "Response") {
    const response = source as Response;
    if (!response.ok)
      throw invalidArgument(`"wasm" is a Response with status ${response.status}, not a module`);
    return WebAssembly.compile(await response.arrayBuffer());
  }
  if (ArrayBuffer.isView(source) || tagOf(source).endsWith("ArrayBuffer"))
    return WebAssembly.compile(source as BufferSource);
  throw invalidArgument(
    `"wasm" must be a WebAssembly.Module, bytes, a Response, a URL, or a promise of one`,
  );
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw invalidArgument(
      `"wasm" is no URL: ${JSON.stringify(text)}; for a file give its file: URL or its bytes`,
      cause,
    );
  }
}
