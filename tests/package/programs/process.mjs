// The cases in a process of its own (Node.js, Deno, Bun). Prints what became of them as one line of JSON.
import * as index from "@agentlattice/wasm";
import * as sync from "@agentlattice/wasm/sync";
import { runCases } from "./cases.mjs";

const service = JSON.parse(process.env.AGENTLATTICE_SERVICE);
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const report = await runCases({ ...index, ...sync }, service, { blocks: true, WebSocket });
console.log(JSON.stringify(report));
