// A file beside the package's code: the form that Node.js, Deno and browsers understand, and most bundlers. One that does not
// leaves it as it is, and then the file has to lie beside the bundle.

export const own = (): URL => new URL("./agentlattice.wasm", import.meta.url);
