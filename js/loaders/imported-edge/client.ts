// As in Workers; the bundlers for this runtime want to be told with "?module".

export const own = async (): Promise<WebAssembly.Module> =>
  (await import("../../client.wasm?module")).default;
