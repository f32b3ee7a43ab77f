// Workers never compile from bytes: there a module comes from an import, compiled when the Worker was deployed.

export const own = async (): Promise<WebAssembly.Module> =>
  (await import("../../client.wasm")).default;
