// The packed tarball in real runtimes: the core of the matrix, or all of it (AGENTLATTICE_MATRIX=all), which also writes
// docs/runtimes.md.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { play, runtimes } from "./matrix.mjs";
import { packagesFolder } from "./setup.mjs";
import { openStage } from "./stage.mjs";
import { writeTable } from "./table.mjs";

const set = process.env.AGENTLATTICE_MATRIX === "all" ? "all" : "core";
const only = process.env.AGENTLATTICE_MATRIX_ONLY;
const packages = packagesFolder(set);
const chosen = runtimes(packages)
  .filter(({ core }) => core || set === "all")
  .filter(({ name }) => only === undefined || name.includes(only));
assert.ok(chosen.length > 0, `no runtime of the matrix has "${only}" in its name`);
const reports = [];
let stage;

before(async () => {
  assert.ok(
    existsSync(packages),
    "the runtimes are set up by `npm test` and `npm run test:matrix`",
  );
  stage = await openStage();
});
after(async () => {
  await stage?.close();
  if (set === "all" && only === undefined) writeTable(reports);
});

for (const runtime of chosen) {
  test(`the package in ${runtime.name}`, async (t) => {
    const report = await play(runtime, stage);
    reports.push(report);
    t.diagnostic(`${report.version}, loaded in ${Math.round(report.load_ms)} ms`);
    assert.equal(report.problems.join("\n"), "");
  });
}
