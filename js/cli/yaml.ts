// YAML that means one thing only. What is left of it is JSON with less punctuation: anchors, aliases, tags, merge keys, several
// documents and keys that are not strings are refused, and so is whatever its parser merely warns of. Values are those of YAML
// 1.2's core schema, so that `no` and `on` are strings, and numbers are written as in JSON, all their digits kept.

import { Stop } from "./command.js";
import { type Document, Faults, type Position } from "./document.js";

type Yaml = typeof import("yaml");
type Node = import("yaml").Node;

/** Where the parser's own words are for programmers. */
const sentences: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "a key that stands twice: keys must be unique",
  MULTIPLE_DOCS: "a second of several documents: a file holds one",
  NON_STRING_KEY: "a key that is not a string: quote it",
  RESOURCE_EXHAUSTION: "nested too deeply",
};

export async function readYaml(path: string, text: string): Promise<Omit<Document, "path">> {
  const yaml = await load(path);
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    version: "1.2",
    schema: "core",
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    intAsBigInt: true,
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const refused = [...document.errors, ...document.warnings];
  // What it says behind the place where it gave up is about nothing.
  const end = refused.findIndex(({ code }) => code === "RESOURCE_EXHAUSTION");
  const faults = (end < 0 ? refused : refused.slice(0, end + 1)).map(({ pos, code, message }) => ({
    ...at(pos[0]),
    message: sentences[code] ?? message,
  }));
  if (faults.length === 0) faults.push(...ambiguities(yaml, document, at));
  if (faults.length > 0)
    throw new Faults(
      path,
      faults.map((fault) => ({ pointer: "", ...fault })),
    );
  return {
    json: toJson(yaml, document.contents),
    locate: (pointer) => at(offsetOf(yaml, document.contents, pointer)),
  };
}

async function load(path: string): Promise<Yaml> {
  try {
    return await import("yaml");
  } catch {
    throw new Stop(
      `${path}: YAML is read with the package "yaml", which is not installed: run "npm install yaml", or write JSON`,
    );
  }
}

function ambiguities(
  yaml: Yaml,
  document: import("yaml").Document,
  at: (offset: number) => Position,
): (Position & { message: string })[] {
  const found: (Position & { message: string })[] = [];
  const refuse = (node: Node, message: string): void =>
    void found.push({ ...at(node.range?.[0] ?? 0), message });
  const check = (node: Node): void => {
    if ("anchor" in node && node.anchor !== undefined)
      refuse(node, "an anchor: write the value out where it is needed");
    if (!yaml.isAlias(node) && node.tag !== undefined)
      refuse(node, "a tag: quote what is a string, and leave out the tag");
  };
  if (document.directives?.yaml.explicit === true)
    found.push({ line: 1, column: 1, message: "a %YAML directive: leave it out" });
  yaml.visit(document, {
    Alias: (_, node) => refuse(node, "an alias: write the value out"),
    Collection: (_, node) => check(node),
    Pair: (_, { key }) => {
      if (yaml.isScalar(key) && key.value === "<<")
        refuse(key, 'a merge key "<<": write the members out');
    },
    Scalar: (_, node) => {
      check(node);
      const isNumber = typeof node.value === "number" || typeof node.value === "bigint";
      if (isNumber && !jsonNumber.test(node.source ?? ""))
        refuse(node, "a number that is not written as in JSON: quote it where it is a string");
    },
  });
  return found;
}

function toJson(yaml: Yaml, node: unknown): string {
  if (yaml.isMap(node)) {
    const members = node.items.map(({ key, value }) => {
      const name = yaml.isScalar(key) ? key.value : key;
      return `${JSON.stringify(String(name))}:${toJson(yaml, value)}`;
    });
    return `{${members.join(",")}}`;
  }
  if (yaml.isSeq(node)) return `[${node.items.map((item) => toJson(yaml, item)).join(",")}]`;
  if (!yaml.isScalar(node)) return "null";
  // As it was written: 0.1 and 1e2 are what they say, and no digit of an integer is lost.
  const isNumber = typeof node.value === "number" || typeof node.value === "bigint";
  return isNumber ? (node.source as string) : (JSON.stringify(node.value) ?? "null");
}

/** RFC 8259, section 6. */
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Where the member's name, or the item, stands; of the innermost node on the way where there is none. */
function offsetOf(yaml: Yaml, root: unknown, pointer: string): number {
  let node = root;
  let offset = (root as Node | null)?.range?.[0] ?? 0;
  for (const token of pointer.split("/").slice(1)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    let next: unknown;
    let place: unknown;
    if (yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === name);
      place = pair?.key;
      next = pair?.value;
    } else if (yaml.isSeq(node)) {
      next = node.items[Number(name)];
      place = next;
    }
    const begin = (place as Node | undefined)?.range?.[0];
    if (begin === undefined) break;
    offset = begin;
    node = next;
  }
  return offset;
}
