// Deno: a file, which needs the permission to read it, or whatever its `fetch` can reach.

import type { Read } from "./compile.js";

declare const Deno: { readonly readFile: (url: URL) => Promise<Uint8Array<ArrayBuffer>> };

export const read: Read = async (url) =>
  url.protocol === "file:" ? Deno.readFile(url) : fetch(url);
