// The runtimes of the matrix, and what one of them says.
import { existsSync } from "node:fs";
import { caseNames } from "./programs/cases.mjs";
import { browsers } from "./runtimes/browsers.mjs";
import { bundles } from "./runtimes/bundlers.mjs";
import { devServers } from "./runtimes/dev-servers.mjs";
import { processes } from "./runtimes/processes.mjs";
import { workers } from "./runtimes/workers.mjs";

/** `{ name, core, version(), run(stage), needs }` of each. */
export const runtimes = (packages) => [
  ...processes(packages),
  ...workers(packages),
  ...browsers(),
  ...bundles(packages),
  ...devServers(packages),
];

/** Runs the cases in one runtime. The problems are empty where everything went well; a runtime that is not there is one. */
export async function play(runtime, stage) {
  const { name, needs } = runtime;
  if (needs !== undefined && !existsSync(needs.program)) {
    const problem = `MISSING: ${needs.program} is not on this machine; as root, run: apt-get install ${needs.packages.join(" ")}`;
    return { name, version: "missing", results: [], problems: [problem] };
  }
  let version = "missing";
  try {
    version = await runtime.version();
    const report = await runtime.run(stage);
    return { name, version, ...report, problems: problemsOf(report.results) };
  } catch (error) {
    return { name, version, results: [], problems: [String(error?.stack ?? error)] };
  }
}

/** INVARIANT: a case that did not run is a problem. */
function problemsOf(results) {
  return ["embedded", "network"].flatMap((where) =>
    caseNames.flatMap((name) => {
      const result = results.find((one) => one.where === where && one.name === name);
      if (result === undefined) return [`${where} ${name}: did not run`];
      return result.ok ? [] : [`${where} ${name}: ${result.problem}\n${result.stack}`];
    }),
  );
}
