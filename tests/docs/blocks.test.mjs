// Every code block of the documentation is tried: a block that nobody runs is a failure.
//
//   js    runs in a process of its own; `<!-- run: with=NAME -->` above it puts a setup before it (setups.mjs), and
//         what it prints must be what its `// → …` comments say, where it has any
//   json  must parse; what looks like policies, a policy or a condition must compile
//   bash  each line must be a command of this repository that exists; `<!-- run: by=FILE -->` above it names the test
//         that runs it instead, and holds what is printed against the text below it
//   yaml  is kept as a file in the document's own folder, as `<!-- run: file=NAME -->` above it says; so is js where that stands
//   console  a session in that folder, after the blocks before it: what follows a `$ ` line is what it must print
//   text  is a drawing, not code
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { blocksOf, documents, house, placeOf } from "./blocks.mjs";
import { setups } from "./setups.mjs";

const block_ms_max = 20_000;
const runnable = join(house, "build", "docs");
const { scripts } = JSON.parse(readFileSync(join(house, "package.json"), "utf8"));
const published = JSON.parse(readFileSync(join(house, "npm/package.json"), "utf8"));
const presets = JSON.parse(readFileSync(join(house, "CMakePresets.json"), "utf8"));

const check = {
  js: (block, t) => (block.directive?.startsWith("file=") ? keepFile(block) : runScript(block, t)),
  json: checkJson,
  bash: checkCommands,
  yaml: keepFile,
  console: runSession,
  text: () => {},
};

for (const document of documents()) {
  for (const block of blocksOf(document)) {
    test(`${placeOf(block)} (${block.language || "no language"})`, async (t) => {
      assert.ok(
        Object.hasOwn(check, block.language),
        `nobody knows how to try "${block.language}"`,
      );
      await check[block.language](block, t);
    });
  }
}

/** In build/, so that imports find the package; with an empty folder to write to. */
function runScript({ document, line, directive, code }, t) {
  const name = /^with=(\w+)$/.exec(directive ?? "with=nothing")?.[1];
  const setup = name === "nothing" ? { before: "", after: "" } : setups[name];
  assert.ok(setup, `there is no setup "${directive}"`);
  mkdirSync(runnable, { recursive: true });
  const script = join(runnable, `${document.replaceAll("/", "-")}-${line}.mjs`);
  writeFileSync(script, `${setup.before}\n${code}\n${setup.after}\n`);
  const cwd = mkdtempSync(join(tmpdir(), "agentlattice-"));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));

  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd,
    encoding: "utf8",
    timeout: block_ms_max,
    env: { ...process.env, AL_API_KEY: "al_test_of_the_documentation", NO_COLOR: "1" },
  });
  assert.equal(status, 0, stderr || "it did not end in time");
  assert.equal(stderr, "");
  const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text);
  if (promised.length > 0) assert.deepEqual(stdout.trimEnd().split("\n"), promised);
}

async function checkJson({ code }) {
  const value = JSON.parse(code);
  const policies = asPolicies(value);
  if (policies !== undefined) await (await Lattice.open({ policies })).close();
}

function asPolicies(value) {
  if (Array.isArray(value) || value.policies !== undefined) return value;
  if (value.effect !== undefined) return [value];
  const isCondition = ["operator", "any", "all", "not"].some((name) => Object.hasOwn(value, name));
  if (!isCondition) return undefined;
  return [{ name: "sample", action_type: "*", effect: "conditional", conditions: [value] }];
}

/** A folder for each document whose blocks need one. */
const folders = new Map();

/** In build/, so that imports find the package. */
function folderOf(document) {
  mkdirSync(runnable, { recursive: true });
  if (!folders.has(document)) folders.set(document, mkdtempSync(join(runnable, "session-")));
  return folders.get(document);
}

after(() => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
});

function keepFile({ document, directive, code }) {
  const name = /^file=([\w.-]+)$/.exec(directive ?? "")?.[1];
  assert.ok(name, "it has no <!-- run: file=NAME --> above it");
  writeFileSync(join(folderOf(document), name), `${code}\n`);
}

/** `agentlattice` is the program of the built package. */
function runSession({ document, code }) {
  const program = join(house, "npm/dist/cli/main.js");
  for (const session of code.split(/^\$ /m).slice(1)) {
    const [command, ...promised] = session.trimEnd().split("\n");
    const script = `agentlattice() { "${process.execPath}" "${program}" "$@"; }; ${command}`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], {
      cwd: folderOf(document),
      encoding: "utf8",
      timeout: block_ms_max,
      env: { ...process.env, NO_COLOR: "1" },
    });
    assert.equal((stdout + stderr).trimEnd(), promised.join("\n").trimEnd(), command);
  }
}

function checkCommands({ document, directive, code }) {
  const by = /^by=(\S+)$/.exec(directive ?? "")?.[1];
  if (by !== undefined) {
    assert.ok(readFileSync(join(house, by), "utf8").includes(document), `${by} does not run it`);
    return;
  }
  for (const line of code.split("\n")) {
    const command = line.replace(/\s+#.*$/, "").trim();
    if (command !== "") checkCommand(command);
  }
}

function checkCommand(command) {
  const [program, ...args] = command.split(/\s+/);
  const script = program !== "npm" ? undefined : args[0] === "run" ? args[1] : args[0];
  const preset = /--preset (\S+)/.exec(command)?.[1];
  const path = args.find((arg) => arg.includes("/") && !arg.startsWith("-"));
  const known =
    command === `npm install ${published.name}` ||
    (script !== undefined && (Object.hasOwn(scripts, script) || command === "npm run")) ||
    (preset !== undefined && presets.configurePresets.some(({ name }) => name === preset)) ||
    (["node", "rm", "eval"].includes(program) && path !== undefined && isOurs(path));
  assert.ok(known, `"${command}" is no command of this repository`);
}

/** A file that exists, or a folder that a program makes (.data, build). */
const isOurs = (path) => {
  const clean = path.replace(/^"?\$\(|["')]/g, "");
  return existsSync(join(house, clean)) || /(^|\/)(\.data|build)(\/|$)/.test(clean);
};
