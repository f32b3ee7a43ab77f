// npm run fuzz: gives hostile input to the kernel (tests/fuzz), with libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer.
//
//   npm run fuzz                            every target for a minute, as many at once as there are processors
//   npm run fuzz -- --seconds 1200 http     one of them for twenty
//
// What was learnt stays in build/fuzz/corpus, so the next run goes on from there. A finding is kept in build/fuzz/findings; mended,
// it belongs in tests/fuzz/corpus/<target>/found-<what it was>, where `npm test` gives it to the target for good.
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { buildFuzz } from "./lib/build.mjs";
import { at, Failure, filesBelow, run } from "./lib/house.mjs";
import { main, step } from "./lib/progress.mjs";
import { setup, setupFuzzing } from "./lib/setup.mjs";

const seconds_default = 60;
const input_bytes_max = 16_384;
const input_seconds_max = 10;
const memory_mb_max = 2048;

const every = filesBelow("tests/fuzz", /\.cc$/)
  .map((path) => basename(path, ".cc"))
  .filter((name) => name !== "replay");
const usage = `usage: npm run fuzz -- [--seconds N] [target…]
  targets: ${every.join(", ")} (default: all)
  --seconds N  for each target (default: ${seconds_default})`;

function read(args) {
  const given = { seconds: seconds_default, targets: [] };
  for (let index = 0; index < args.length; ++index) {
    if (args[index] === "--seconds") given.seconds = Number(args[++index]);
    else if (every.includes(args[index])) given.targets.push(args[index]);
    else throw new Failure(`there is no "${args[index]}"\n${usage}`);
  }
  if (!Number.isSafeInteger(given.seconds) || given.seconds < 1)
    throw new Failure(`--seconds must be a whole number from 1 on\n${usage}`);
  return given.targets.length > 0 ? given : { ...given, targets: every };
}

async function fuzz(target, seconds, show) {
  const learnt = `build/fuzz/corpus/${target}`;
  for (const folder of [learnt, "build/fuzz/findings"]) mkdirSync(at(folder), { recursive: true });
  const output = await run(
    at(`build/fuzz/agentlattice_fuzz_${target}`),
    [
      `-max_total_time=${seconds}`,
      `-max_len=${input_bytes_max}`,
      `-timeout=${input_seconds_max}`,
      `-rss_limit_mb=${memory_mb_max}`,
      `-artifact_prefix=build/fuzz/findings/${target}-`,
      learnt,
      `tests/fuzz/corpus/${target}`,
    ],
    { onLine: (line) => show(`${target} ${line.slice(0, 60)}`) },
  );
  const runs = /Done (\d+) runs/.exec(output)?.[1] ?? "0";
  const covered = [...output.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? "0";
  console.log(`${target}: ${runs} inputs, ${covered} edges reached, nothing found`);
}

async function fuzzAll(targets, seconds, show) {
  const waiting = [...targets];
  const failures = [];
  const worker = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      await fuzz(target, seconds, show).catch((error) => {
        if (!(error instanceof Failure)) throw error;
        failures.push(error.output.split("\n").slice(-60).join("\n"));
        console.log(`${target}: broken; the input is in build/fuzz/findings`);
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failures.length > 0) throw new Failure("the kernel has a fault", failures.join("\n\n"));
}

await main(async (args) => {
  if (args.includes("--help")) return void console.log(usage);
  const { targets, seconds } = read(args);
  await setup();
  await setupFuzzing();
  await buildFuzz(targets.map((target) => `agentlattice_fuzz_${target}`));
  const title = `${seconds} s of each of ${targets.join(", ")}`;
  await step(title, (show) => fuzzAll(targets, seconds, show));
});
