// Finds the code blocks of the documentation.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const house = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Every Markdown file that people read first: of the root, of docs/ and of examples/. */
export function documents() {
  const below = (folder) =>
    readdirSync(join(house, folder), { recursive: true })
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(folder, file));
  const root = readdirSync(house).filter((file) => file.endsWith(".md"));
  return [...root, ...below("docs"), ...below("examples")].sort();
}

export const textOf = (document) => readFileSync(join(house, document), "utf8");

/** `{ document, line, language, directive, code }` of each fenced block; `directive` is what a comment above it says. */
export function blocksOf(document) {
  const lines = textOf(document).split("\n");
  const blocks = [];
  for (let at = 0; at < lines.length; ++at) {
    const fence = /^(\s*)```(\S*)\s*$/.exec(lines[at]);
    if (fence === null) continue;
    const begin = at;
    do ++at;
    while (at < lines.length && lines[at].trim() !== "```");
    const directive = /^<!-- run: (.*) -->$/.exec(lines[begin - 1]?.trim() ?? "");
    blocks.push({
      document,
      line: begin + 1,
      language: fence[2],
      directive: directive?.[1],
      code: lines
        .slice(begin + 1, at)
        .map((line) => line.slice(fence[1].length))
        .join("\n"),
    });
  }
  return blocks;
}

/** Where a block is, for people. */
export const placeOf = ({ document, line }) => `${relative(house, join(house, document))}:${line}`;
