// The same in the form of edge-runtime, which is also that of a middleware.
import { answer } from "./worker-service.mjs";

addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
