// The cases in a service worker, which may import nothing once it runs.
import * as api from "/package/dist/browser.js";
import { reportFrom } from "./report.mjs";

addEventListener("install", () => skipWaiting());
addEventListener("message", (event) => event.waitUntil(reportFrom(api, event.data)));
