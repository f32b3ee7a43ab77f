// "?module": tells the bundlers of edge functions that a module is wanted, not an instance. For the compiler here.
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
