// npm run bench: prints numbers; tests nothing. Arguments go to bench/run.mjs.
import { existsSync } from "node:fs";
import { buildPackage, buildWasm } from "./lib/build.mjs";
import { at, Failure, runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async (args) => {
  if (!existsSync(at("bench/run.mjs"))) throw new Failure("there is no bench/run.mjs");
  await setup();
  await buildWasm();
  await buildPackage();
  return runInForeground(process.execPath, ["bench/run.mjs", ...args]);
});
