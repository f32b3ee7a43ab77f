// npm run build: the package in npm/dist, set up first when needed.
import { buildPackage, buildWasm } from "./lib/build.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async () => {
  await setup();
  await buildWasm();
  await buildPackage();
});
