// The cases in a Worker or an edge function: a request starts them, the answer tells what became of them.
import * as index from "@agentlattice/wasm";
import * as sync from "@agentlattice/wasm/sync";
import { runCases } from "./cases.mjs";

export async function answer(request) {
  const report = await runCases({ ...index, ...sync }, await request.json(), { blocks: false });
  return new Response(JSON.stringify(report));
}

export default { fetch: answer };
