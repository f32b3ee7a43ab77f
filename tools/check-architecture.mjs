// The rules of the house that a program can check. See ARCHITECTURE.md for their reasons.
import { readFileSync } from "node:fs";
import { at, filesBelow } from "./lib/house.mjs";

const lines_max = 500;
const lines_wanted = 400;

/** Each rule: the files it holds for, what must not stand in a line, and the sentence. */
const rules = [
  {
    files: filesBelow("src", /\.(cc|h)$/),
    forbidden:
      /#\s*include\s*<emscripten|steady_clock|system_clock|high_resolution_clock|random_device|std::j?thread|#\s*include\s*<(thread|iostream|fstream)>/,
    sentence: "src/ is pure: no platform, clock, entropy, thread or I/O",
  },
  {
    files: filesBelow("src/client", /\.(cc|h)$/),
    forbidden: /#\s*include\s*"(engine|policy|approval|delegation|breaker|anomaly|posture)\//,
    sentence: "the client does not know the engine; they share src/wire, and src/audit to verify",
  },
  {
    files: [
      "engine",
      "policy",
      "approval",
      "delegation",
      "breaker",
      "anomaly",
      "posture",
      "audit",
      "wire",
    ].flatMap((room) => filesBelow(`src/${room}`, /\.(cc|h)$/)),
    forbidden: /#\s*include\s*"client\//,
    sentence: "the engine does not know the client; src/wire is all they share",
  },
  {
    files: filesBelow("js", /\.m?ts$/),
    forbidden: /\b(401|403|409|422|429|502|503|504)\b/,
    sentence: "js/ knows no HTTP status codes; the kernel's error table does",
  },
];

const sources = [
  ...["src", "wasm", "tests/native", "tests/sim", "tests/fuzz", "tests/differential"].flatMap(
    (room) => filesBelow(room, /\.(cc|h)$/),
  ),
  ...["js", "tools", "examples", "bench", "tests"].flatMap((room) =>
    filesBelow(room, /\.(ts|mjs)$/),
  ),
];

const withoutComment = (line) => line.replace(/(^|\s)(\/\/|\*).*$/, "");
const linesOf = (path) => readFileSync(at(path), "utf8").trimEnd().split("\n");

const broken = rules.flatMap(({ files, forbidden, sentence }) =>
  files.flatMap((path) =>
    linesOf(path).flatMap((line, index) =>
      forbidden.test(withoutComment(line))
        ? [`${path}:${index + 1}: ${sentence}\n    ${line.trim()}`]
        : [],
    ),
  ),
);

for (const path of sources) {
  const lines = linesOf(path).length;
  if (lines > lines_max) broken.push(`${path}: ${lines} lines; no file has more than ${lines_max}`);
  else if (lines > lines_wanted)
    console.log(`note: ${path} has ${lines} lines; ${lines_wanted} fit a sitting`);
}

if (broken.length > 0) {
  console.error(broken.join("\n"));
  process.exitCode = 1;
}
