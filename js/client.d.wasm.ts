// client.wasm, where a runtime or a bundler imports WebAssembly as a compiled module.
declare const module: WebAssembly.Module;
export default module;
