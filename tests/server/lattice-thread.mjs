// A lattice on loopback in a thread of its own: for clients that block theirs, and for measurements.
//
//   const { baseUrl, apiKey, operatorKey, stop } = await startLatticeThread({ policies, autoApproveMs: 100 });
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";

/** `autoApproveMs`: an operator says yes to everything, that much later. */
export async function startLatticeThread(options) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const [started] = await once(worker, "message");
  return { ...started, stop: () => worker.terminate() };
}

if (!isMainThread && parentPort !== null) await main(workerData);

async function main({ policies, autoApproveMs }) {
  const lattice = await Lattice.open({ policies });
  const operator = lattice.operator();
  if (autoApproveMs !== undefined) {
    lattice.onEvent(({ eventType, data }) => {
      if (eventType !== "approval.requested") return;
      setTimeout(() => operator.approve(data.approval.approval_id, "by itself"), autoApproveMs);
    });
  }
  const { apiKey } = await lattice.registerAgent({ name: "remote" });
  const { apiKey: operatorKey } = await operator.registerOperator({
    name: "ada",
    roles: ["owner"],
  });
  const { url: baseUrl } = await serve(lattice);
  parentPort.postMessage({ baseUrl, apiKey, operatorKey });
}
