// A page without a bundler: `?in=` says where in the browser the cases run, `?run=` under which name they are reported.
import { listenForFailure, reportFrom } from "./report.mjs";

const parameters = Object.fromEntries(new URLSearchParams(location.search));
listenForFailure(parameters);

const places = {
  page: () => reportFrom(import("/package/dist/browser.js"), parameters),
  worker: () => {
    const worker = new Worker("worker.mjs", { type: "module" });
    worker.onerror = (event) => reportError(new Error(event.message ?? "the worker failed"));
    worker.postMessage(parameters);
  },
  "service-worker": async () => {
    const options = { type: "module" };
    const registration = await navigator.serviceWorker.register("service-worker.mjs", options);
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    worker.postMessage(parameters);
  },
};
await places[parameters.in]();
