// The tarball that is published: what is in it, and that it works where nothing else is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { blocksOf, house } from "../docs/blocks.mjs";

let scratch;
let installed;

const run = (program, args, cwd) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();

before(() => {
  scratch = mkdtempSync(join(tmpdir(), "agentlattice-"));
  run("npm", ["pack", "./npm", "--pack-destination", scratch], house);
  const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
  const project = join(scratch, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');
  // Without its optional peer, which would have to come from a registry.
  run(
    "npm",
    ["install", "--offline", "--omit=optional", "--omit=peer", join(scratch, tarball)],
    project,
  );
  installed = join(project, "node_modules/@agentlattice/wasm");
});
after(() => rmSync(scratch, { recursive: true, force: true }));

test("it holds what the sources make, and nothing else", () => {
  const ofSources = filesBelow(join(house, "js"))
    .map((file) => `dist/${file}`)
    .flatMap((file) =>
      /\.d(\.wasm)?\.m?ts$/.test(file)
        ? [file]
        : [file.replace(/\.ts$/, ".js"), file.replace(/\.ts$/, ".d.ts")],
    );
  const files = filesBelow(installed);
  const modules = files.filter((file) => file.endsWith(".wasm"));
  assert.ok(modules.includes("dist/agentlattice.wasm"));
  const glue = modules.map((file) => file.replace(/wasm$/, "mjs"));
  const expected = [
    ...ofSources,
    ...modules,
    ...glue,
    "LICENSE",
    "README.md",
    "package.json",
    "policy.schema.json",
  ];
  assert.deepEqual(files, expected.sort());
});

test("there is one copy of each module", () => {
  const hashes = filesBelow(installed)
    .filter((file) => file.endsWith(".wasm"))
    .map((file) =>
      createHash("sha256")
        .update(readFileSync(join(installed, file)))
        .digest("hex"),
    );
  assert.equal(new Set(hashes).size, hashes.length);
  for (const file of filesBelow(installed).filter((name) => /\.m?js$/.test(name))) {
    assert.doesNotMatch(readFileSync(join(installed, file), "utf8"), /AGFzbQ|\\0asm/, file);
  }
});

test("no file names a place on the machine that built it", () => {
  const places = [
    house,
    homedir(),
    tmpdir(),
    "/usr/lib/",
    "/usr/share/",
    "/build/native",
    ".cache/",
  ];
  for (const file of filesBelow(installed)) {
    const text = readFileSync(join(installed, file), "latin1");
    for (const place of places.filter(({ length }) => length > 3)) {
      // The README may say where the cache folder is.
      if (file === "README.md" && place === ".cache/") continue;
      assert.ok(!text.includes(place), `${file} holds "${place}"`);
    }
  }
});

test("everything that it exports is there, and nobody depends on more", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const targets = (entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets);
  const files = new Set(filesBelow(installed).map((file) => `./${file}`));
  for (const target of targets([manifest.exports, manifest.imports]))
    for (const module of ["client", "agentlattice"])
      assert.ok(files.has(target.replace("*", module)), target);
  assert.equal(manifest.dependencies, undefined);
  assert.deepEqual(readdirSync(join(scratch, "project/node_modules/@agentlattice")), ["wasm"]);
});

test("the README's first example runs in an empty folder", () => {
  const [first] = blocksOf("README.md").filter(({ language }) => language === "js");
  writeFileSync(join(scratch, "project/first.mjs"), first.code);
  const output = run(process.execPath, ["first.mjs"], join(scratch, "project"));
  const promised = /\/\/ → (.*)/.exec(first.code)[1];
  assert.equal(output.trim(), promised);
  assert.equal(
    readFileSync(join(installed, "README.md"), "utf8"),
    readFileSync(join(house, "README.md"), "utf8"),
  );
});

test("without SQLite, the error says what to install", { skip: hasSqlite() }, () => {
  const script = `
    import { SqliteStore } from "@agentlattice/wasm/sqlite";
    await new SqliteStore({ path: "x.db" }).open().catch((error) => console.log(error.message));`;
  writeFileSync(join(scratch, "project/sqlite.mjs"), script);
  const output = run(process.execPath, ["sqlite.mjs"], join(scratch, "project"));
  assert.match(output, /npm install @photostructure\/sqlite/);
});

function hasSqlite() {
  return process.getBuiltinModule?.("node:sqlite") !== undefined;
}
