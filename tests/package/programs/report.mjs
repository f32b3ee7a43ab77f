// Runs the cases in a browser and tells the service what became of them, or why they could not run.
import { runCases } from "./cases.mjs";

export async function reportFrom(api, { run, apiKey, service = location.origin }) {
  try {
    const report = await runCases(await api, { baseUrl: service, apiKey }, { blocks: false });
    const memory_bytes = globalThis.performance?.memory?.usedJSHeapSize;
    await send(service, run, { ...report, memory_bytes });
  } catch (error) {
    await send(service, run, { failure: String(error?.stack ?? error) });
  }
}

/** What nobody catches ends the run, and says why. */
export function listenForFailure({ run, service = location.origin }) {
  const fail = (failure) => send(service, run, { failure: String(failure) });
  addEventListener("error", ({ message, error }) => fail(error?.stack ?? message));
  addEventListener("unhandledrejection", ({ reason }) => fail(reason?.stack ?? reason));
  addEventListener("securitypolicyviolation", (event) =>
    fail(`the content security policy forbids ${event.violatedDirective} ${event.blockedURI}`),
  );
}

const send = (service, run, report) =>
  fetch(`${service}/report/${run}`, { method: "POST", body: JSON.stringify(report) });
