// npm run check: format, lint, types and the rules of the house. Reports every one, then fails if any did.

import { cxxFiles } from "./lib/format.mjs";
import { Failure, run, toolchain } from "./lib/house.mjs";
import { main, step } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

const checks = {
  "C++ format": () =>
    run(toolchain("usr/bin/clang-format"), ["--dry-run", "-Werror", ...cxxFiles()]),
  "JavaScript format and lint": () =>
    run("node_modules/.bin/biome", ["ci", "--error-on-warnings", "--colors=off"]),
  "TypeScript types": () =>
    run("node_modules/.bin/tsc", ["--project", "tsconfig.json", "--noEmit"]),
  "rules of the house": () => run(process.execPath, ["tools/check-architecture.mjs"]),
};

await main(async () => {
  await setup();
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      const output = await step(name, check);
      if (name === "rules of the house") process.stdout.write(output);
      console.log(`✓ ${name}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.log(`${error.output.trimEnd()}\n✗ ${name}`);
      failed.push(name);
    }
  }
  if (failed.length > 0)
    throw new Failure(`not as it should be: ${failed.join(", ")} (npm run format mends format)`);
});
