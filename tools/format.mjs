// npm run format: puts every source file into the house's format, and mends what the linter can mend safely.
import { cxxFiles } from "./lib/format.mjs";
import { run, toolchain } from "./lib/house.mjs";
import { main, step } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

await main(async () => {
  await setup();
  await step("C++", () => run(toolchain("usr/bin/clang-format"), ["-i", ...cxxFiles()]));
  await step("JavaScript", () => run("node_modules/.bin/biome", ["check", "--write"]));
});
