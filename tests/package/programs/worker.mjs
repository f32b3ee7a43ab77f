// The cases in a module worker.
import * as api from "/package/dist/browser.js";
import { reportFrom } from "./report.mjs";

addEventListener("message", ({ data }) => reportFrom(api, data));
