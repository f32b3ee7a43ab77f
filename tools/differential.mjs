// npm run differential: the kernel, built natively, against what is slow or made elsewhere (tests/reference): policies and actions
// against the reference, canonical JSON against ECMAScript and the package `canonicalize`.
//
//   npm run differential -- --pairs 2000000          so many decisions, from seed 1 on
//   npm run differential -- --doubles 10000000       so many doubles, and a tenth of that of other values
//   npm run differential -- --seed 4711              one seed of decisions again, shrunk to what still differs
import { compareAll } from "../tests/reference/campaign.mjs";
import { compareForms, doublesOf, valuesOf } from "../tests/reference/canonical.mjs";
import { Disagreement } from "../tests/reference/compare.mjs";
import { startKernel } from "../tests/reference/native.mjs";
import { buildNative } from "./lib/build.mjs";
import { at, Failure } from "./lib/house.mjs";
import { main, step } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

const usage = "usage: npm run differential -- [--pairs N] [--doubles N] [--seed N]";
const batch = 1000;

function read(args) {
  const given = { pairs: 200_000, doubles: 200_000, seed: undefined };
  for (let index = 0; index < args.length; index += 2) {
    const [name, value] = [args[index].slice(2), Number(args[index + 1])];
    if (
      !args[index].startsWith("--") ||
      !(name in given) ||
      !Number.isSafeInteger(value) ||
      value < 0
    )
      throw new Failure(`"${args.slice(index).join(" ")}" is not understood\n${usage}`);
    given[name] = value;
  }
  return given;
}

async function comparePolicies(kernel, given) {
  const { pairs, refused, counts } = await step("policies", (show) =>
    compareAll(kernel, { ...given, show }),
  );
  const share = (name) => `${name} ${((100 * counts[name]) / pairs).toFixed(1)} %`;
  console.log(`${pairs} decisions agree (${Object.keys(counts).map(share).join(", ")})`);
  console.log(`${refused} policies were refused; of those that can never hold, none did`);
}

async function compareCanonical(kernel, doubles) {
  const batches = Math.ceil(doubles / batch);
  await step("canonical JSON", async (show) => {
    for (let seed = 1; seed <= batches; ++seed) {
      await compareForms(kernel.canonical, doublesOf(seed, batch));
      await compareForms(kernel.canonical, valuesOf(seed, batch / 10));
      show(`${seed * batch} doubles`);
    }
  });
  console.log(
    `${batches * batch} doubles and ${(batches * batch) / 10} other values have one canonical form`,
  );
}

await main(async (args) => {
  if (args.includes("--help")) return void console.log(usage);
  const given = read(args);
  await setup();
  await buildNative();
  const kernel = startKernel(at("build/native/agentlattice_decide"));
  try {
    await comparePolicies(kernel, given);
    if (given.seed === undefined) await compareCanonical(kernel, given.doubles);
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error;
    throw new Failure("the kernel differs", error.message);
  } finally {
    kernel.close();
  }
});
