// Node.js, Deno and Bun.
import { join } from "node:path";
import { run, runReporting } from "../program.mjs";

const inProcess =
  (command, args = []) =>
  (stage) =>
    runReporting(command(), [...args, "process.mjs"], optionsOf(stage));

const optionsOf = ({ project, service }) => ({
  cwd: project,
  env: { ...process.env, AGENTLATTICE_SERVICE: JSON.stringify(service), NO_COLOR: "1" },
});

const versionOf =
  (command, args = ["--version"]) =>
  async () =>
    /\d+\.\d+\.\d+/.exec((await run(command(), args)).output)[0];

function node(name, command, core) {
  const version = versionOf(command);
  const commonJs = (stage) => runReporting(command(), ["process.cjs"], optionsOf(stage));
  return [
    { name: `${name}, import`, core, version, run: inProcess(command) },
    { name: `${name}, require`, core, version, run: commonJs },
  ];
}

/** `packages`: the folder of the matrix's own packages. */
export function processes(packages) {
  const binary =
    (...path) =>
    () =>
      join(packages, "node_modules", ...path);
  const deno = binary(".bin/deno");
  // Not .bin/bun, which is only there when its script has run.
  const bun = binary("@oven/bun-linux-x64/bin/bun");
  const permissions = ["run", "--no-prompt", "--allow-read", "--allow-env", "--allow-net"];
  return [
    ...node(`Node.js ${process.versions.node.split(".")[0]}`, () => process.execPath, true),
    ...["22", "24", "26"].flatMap((major) =>
      node(`Node.js ${major}`, binary(`node${major}/bin/node`), false),
    ),
    { name: "Deno", version: versionOf(deno), run: inProcess(deno, permissions) },
    { name: "Bun", version: versionOf(bun), run: inProcess(bun) },
  ];
}
