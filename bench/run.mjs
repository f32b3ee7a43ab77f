// npm run bench: how fast and how large. Prints numbers of this machine, now; nothing is asserted.
//
//   npm run bench                     the embedded lattice
//   npm run bench -- client           the client over a network
//   npm run bench -- engine           decisions, beside other engines
//   npm run bench -- ledger           reading a ledger again, and verifying it
//   npm run bench -- client --json    the same as JSON
import { parseArgs } from "node:util";

const suites = ["embedded", "client", "engine", "ledger"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const name = positionals[0] ?? "embedded";
if (!suites.includes(name)) {
  console.error(`error: there is no benchmark "${name}"; there are ${suites.join(", ")}`);
  process.exit(2);
}
const { run, show } = await import(`./${name}.mjs`);
const results = {
  ...(await run()),
  machine: { node: process.version, platform: `${process.platform} ${process.arch}` },
};
if (values.json) console.log(JSON.stringify(results, null, 2));
else {
  console.log(`Node.js ${results.machine.node}, ${results.machine.platform}\n`);
  show(results);
}
