// npm run sim: runs simulated worlds natively (tests/sim); a world that breaks an invariant names its seed.
//
//   npm run sim -- --seeds 10000           worlds 1 to 10,000
//   npm run sim -- --seed 123 [--trace]    one world again, and all that happens in it
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
