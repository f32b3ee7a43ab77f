// From the start of a process to its first decision, beside a process that does nothing.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);

const scripts = {
  "an empty script": "",
  "import, open a lattice in memory, execute": `
    import { Lattice } from "@agentlattice/wasm";
    const policies = [{ name: "all", action_type: "*", effect: "allow" }];
    const lattice = await Lattice.open({ policies });
    const { status } = await lattice.agent("bench").execute("pr.open");
    if (status !== "executed") process.exit(1);
    await lattice.close();`,
};

/** Milliseconds of each script: the median of `times` processes, in turns. */
export async function firstDecision(times) {
  const took_ms = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  for (let n = 0; n < times; ++n) {
    for (const [name, script] of Object.entries(scripts)) {
      const since = performance.now();
      await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: here });
      took_ms[name].push(performance.now() - since);
    }
  }
  return Object.fromEntries(
    Object.entries(took_ms).map(([name, all]) => [
      name,
      all.sort((a, b) => a - b)[Math.floor(times / 2)],
    ]),
  );
}
