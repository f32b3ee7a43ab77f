// Node.js: a file beside this package's code.

import type { Read } from "./compile.js";

export const read: Read = async (url) => {
  if (url.protocol !== "file:") return fetch(url);
  // Only now: it takes milliseconds to load, and who imports this package may never open a lattice.
  const { readFile } = await import("node:fs/promises");
  return readFile(url);
};
