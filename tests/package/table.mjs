// docs/runtimes.md: what a run of the whole matrix found.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { house } from "../docs/blocks.mjs";
import { caseNames } from "./programs/cases.mjs";

export function writeTable(reports) {
  writeFileSync(join(house, "docs/runtimes.md"), tableOf(reports));
}

export function tableOf(reports) {
  const header = ["runtime", "version", ...caseNames, "load, ms", "memory, MB"];
  const rows = [header, header.map(() => "---"), ...reports.map(rowOf)];
  return `# Where the package runs

What \`npm run test:matrix\` found when it last wrote this page: the packed tarball, in each runtime, with a lattice in the runtime itself and
with one on loopback. ✓ stands for both, \`embedded\` or \`network\` for a case that went well there only, ✗ for neither. *Load* is the time from
a loaded script to two lattices opened at once, on two cores that have other work, too; *memory* is the most that the process had (of a
page: its JavaScript heap), – where the runtime does not say. \`sync\` over a network is there where a thread may wait; elsewhere the case is
that it refuses with \`WOULD_BLOCK\`.

${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

esbuild and Rollup leave the \`.wasm\` files where they are: copy the one that you need beside the bundle. Parcel's pages hold an inline import
map, which a content security policy has to allow; all other pages ran under \`script-src 'self' 'wasm-unsafe-eval'\`.
`;
}

function rowOf({ name, version, results, load_ms, memory_bytes }) {
  const cells = caseNames.map((one) => {
    const good = results.filter((result) => result.name === one && result.ok);
    return good.length === 2 ? "✓" : (good[0]?.where ?? "✗");
  });
  const load = load_ms > 0 ? String(Math.round(load_ms)) : "–";
  const memory = memory_bytes > 0 ? String(Math.round(memory_bytes / 1e6)) : "–";
  return [name, version, ...cells, load, memory];
}
