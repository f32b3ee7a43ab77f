// npm run test:matrix: the packed tarball in every runtime, browser and bundler. Writes docs/runtimes.md.
//
//   npm run test:matrix -- Firefox     those whose name has this in it; nothing is written
import { setupMatrix } from "../tests/package/setup.mjs";
import { buildPackage, buildWasm } from "./lib/build.mjs";
import { runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

/** Of the whole file. */
const test_ms_max = 1_800_000;

await main(async ([only]) => {
  await setup();
  await buildWasm();
  await buildPackage();
  await setupMatrix("all");
  const env = { AGENTLATTICE_MATRIX: "all", ...(only && { AGENTLATTICE_MATRIX_ONLY: only }) };
  const args = ["--test", `--test-timeout=${test_ms_max}`, "--test-reporter=spec"];
  // One after the other: what it measures should not be the other's work.
  args.push("--test-concurrency=1");
  const files = only ? [] : ["tests/package/reproducible.mjs", "tests/e2e/cloudflare-worker.mjs"];
  return runInForeground(process.execPath, [...args, "tests/package/matrix.test.mjs", ...files], {
    env,
  });
});
