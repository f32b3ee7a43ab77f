// npm run console: the console in a browser. Sets up and builds what is missing, then serves the page; arguments go to it.
import { buildPackage, buildWasm } from "./lib/build.mjs";
import { runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async (args) => {
  await setup();
  await buildWasm();
  await buildPackage();
  return runInForeground(process.execPath, ["examples/browser-console/serve.mjs", ...args]);
});
