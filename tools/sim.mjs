// npm run sim -- --seed 123: replays one simulated world natively. Arguments go to the simulator.
import { buildNative } from "./lib/build.mjs";
import { at, Failure, filesBelow, runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async (args) => {
  if (filesBelow("tests/sim", /\.cc$/).length === 0)
    throw new Failure("there is no simulator in tests/sim");
  await setup();
  await buildNative();
  return runInForeground(at("build/native/agentlattice_sim"), args);
});
