// npm start: the main job. Sets up and builds what is missing, then runs the governed agent; arguments go to it.
import { buildPackage, buildWasm } from "./lib/build.mjs";
import { runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async (args) => {
  await setup();
  await buildWasm();
  await buildPackage();
  return runInForeground(process.execPath, ["examples/node-agent/agent.mjs", ...args]);
});
