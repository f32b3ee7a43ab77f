// npm test: every test. Catch2 natively, then node:test through the built package; one closing line sums both up.
//
//   npm test                              all
//   npm test -- tests/js/gate.test.mjs    these files of node:test only
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { setupMatrix } from "../tests/package/setup.mjs";
import { buildNative, buildPackage, buildWasm } from "./lib/build.mjs";
import { at, filesBelow, runInForeground } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

const test_ms_max = 300_000;

await main(async (files) => {
  await setup();
  await buildWasm();
  await buildPackage();
  if (files.length === 0 || files.some((file) => /^tests\/(package|e2e)\//.test(file)))
    await setupMatrix("core");
  if (files.length > 0) return close([await testJavaScript(files)]);
  await buildNative();
  const javaScript = ["js", "package", "docs", "e2e"].flatMap((room) =>
    filesBelow(`tests/${room}`, /\.test\.mjs$/),
  );
  return close([await testNative(), await testJavaScript(javaScript)]);
});

async function testNative() {
  if (filesBelow("tests/native", /\.cc$/).length === 0) return { passed: 0, failed: 0 };
  const report = at("build/native/agentlattice_tests.xml");
  rmSync(report, { force: true });
  const code = await runInForeground("ctest", [
    "--test-dir",
    "build/native",
    "--output-on-failure",
  ]);
  return settle(code, readCatch2(report));
}

/** Counts test cases. A program that crashed leaves half a report, or none. */
function readCatch2(report) {
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const totals = /<OverallResultsCases ([^>]*)\/>/.exec(xml)?.[1] ?? "";
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  return { passed: count("successes") + count("expectedFailures"), failed: count("failures") };
}

async function testJavaScript(files) {
  if (files.length === 0) return { passed: 0, failed: 0 };
  const report = "build/node-test.tap";
  mkdirSync(at("build"), { recursive: true });
  rmSync(at(report), { force: true });
  const code = await runInForeground(process.execPath, [
    "--test",
    `--test-timeout=${test_ms_max}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
    ...files,
  ]);
  const tap = existsSync(at(report)) ? readFileSync(at(report), "utf8") : "";
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
  return settle(code, { passed: count("pass"), failed: count("fail") + count("cancelled") });
}

/** INVARIANT: a runner that failed counts as at least one failure, whatever its report says. */
function settle(code, { passed, failed }) {
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

function close(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
}
