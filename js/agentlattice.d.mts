// The module that Emscripten makes from wasm/: a factory; each call is one instance. The contract is wasm/README.md.
// Its text stays in npm/dist; this declaration only serves the compiler here.

/** A string crosses as UTF-8; bytes are taken for UTF-8 as they are. */
export type Text = string | Uint8Array;

export interface Host {
  settle(call: number, ok: boolean, json: string): void;
  respond(ticket: number, status: number, headers: string, body: string): void;
  append(batch: number, rows: string, firstRow: number): void;
  publish(events: string): void;
  wakeIn(ms: number, keepAlive: boolean): void;
}

export interface Exports {
  openClient(config: string): string;
  submit(
    client: number,
    call: number,
    operation: string,
    args: string,
    query: string,
    body: string,
    eventId: string,
    delegationId: string,
    timeoutMs: number,
  ): void;
  cancel(client: number, call: number): void;
  closeClient(client: number): void;
  openLattice(config: string): string;
  loadRows(rows: string): string;
  startLattice(): string;
  attach(kind: string, name: string): string;
  handle(ticket: number, method: string, target: string, headers: string, body: Text): void;
  disconnected(ticket: number): void;
  appended(batch: number): void;
  appendFailed(batch: number, message: string): void;
  wake(): void;
}

export interface FactoryArgument {
  host: Host;
  fetch?: typeof globalThis.fetch;
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print(line: string): void;
  printErr(line: string): void;
  onAbort(cause: unknown): void;
}

export default function createAgentLattice(argument: FactoryArgument): Promise<Exports>;
