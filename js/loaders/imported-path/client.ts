// A path, which is what Bun gives for an import of this type; its bundler and its compiler take the file along.

import { pathToFileURL } from "node:url";

export const own = async (): Promise<URL> => {
  const file: { readonly default: unknown } = await import("../../client.wasm", {
    with: { type: "file" },
  });
  return pathToFileURL(String(file.default));
};
