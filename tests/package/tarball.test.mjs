// The tarball that is published: what is in it, and that it works where nothing else is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { blocksOf, house } from "../docs/blocks.mjs";
import { installTarball } from "./stage.mjs";

let scratch;
let project;
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
  ({ project } = installTarball(scratch));
  installed = join(project, "node_modules/@agentlattice/wasm");
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const entries = [
  ...["index", "server/durable-object", "server/node", "stores/indexed-db", "stores/sqlite"],
  ...["sync/index", "terminal"],
];
const tellsTypes = (file) => file.endsWith(".d.ts");

test("it holds what the sources make, and nothing else", () => {
  const isDeclaration = (file) => /\.d(\.wasm)?\.m?ts$/.test(file);
  const ofSources = filesBelow(join(house, "js")).flatMap((file) =>
    isDeclaration(file) ? [file] : [file.replace(/\.ts$/, ".js")],
  );
  const scripts = entries.map((entry) => `${entry}.js`);
  const glue = ["agentlattice.glue.js", "client.glue.js"];
  const commonJs = ["core.js", "more.js", "package.json", ...glue, ...scripts];
  const modules = ["client.wasm", "agentlattice.wasm"];
  const dist = [
    ...ofSources,
    ...["browser.js", "build-info.json"],
    ...modules,
    ...modules.map((module) => module.replace(/wasm$/, "mjs")),
    ...commonJs.map((file) => `cjs/${file}`),
    ...scripts.map((file) => `import/${file}`),
  ];
  const expected = [
    ...dist.map((file) => `dist/${file}`),
    "LICENSE",
    "README.md",
    "package.json",
    "policy.schema.json",
    "sync/package.json",
  ];
  const withoutTypes = (files) => files.filter((file) => !tellsTypes(file)).sort();
  assert.deepEqual(withoutTypes(filesBelow(installed)), withoutTypes(expected));
});

test("it holds the declarations that its entries lead to, and no others", () => {
  const files = filesBelow(installed).filter(tellsTypes);
  const named = new Set(["dist/browser.d.ts"]);
  for (const entry of entries) named.add(`dist/${entry}.d.ts`).add(`dist/cjs/${entry}.d.ts`);
  for (const file of files) {
    const text = readFileSync(join(installed, file), "utf8");
    for (const [, path] of text.matchAll(/"(\.[^"]*)\.js"/g))
      named.add(join(dirname(file), `${path}.d.ts`));
  }
  assert.deepEqual(files, [...named].sort());
});

test("unpacked it is at most 1.5 MB", (t) => {
  const bytes = filesBelow(installed).reduce(
    (sum, file) => sum + readFileSync(join(installed, file)).length,
    0,
  );
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= 1_500_000, `${bytes} bytes`);
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

test("it tells what it was built with, and the hashes of its modules", () => {
  const info = JSON.parse(readFileSync(join(installed, "dist/build-info.json"), "utf8"));
  for (const name of ["emscripten", "clang", "typescript", "esbuild"])
    assert.match(info.toolchain[name], /^\d+\.\d+/, name);
  for (const [file, sha256] of Object.entries(info.sha256)) {
    const bytes = readFileSync(join(installed, "dist", file));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256, file);
  }
});

test("what a page downloads for the client fits in 60 kB", () => {
  const bytesMax = 60_000;
  const sizes = ["client.wasm", "client.mjs"].map(
    (file) => brotliCompressSync(readFileSync(join(installed, "dist", file))).length,
  );
  assert.ok(sizes[0] + sizes[1] <= bytesMax, `${sizes.join(" + ")} bytes of brotli`);
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
  assert.deepEqual(readdirSync(join(project, "node_modules/@agentlattice")), ["wasm"]);
});

test("the README's first example runs in an empty folder", () => {
  const [first] = blocksOf("README.md").filter(({ language }) => language === "js");
  writeFileSync(join(project, "first.mjs"), first.code);
  const output = run(process.execPath, ["first.mjs"], project);
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
  writeFileSync(join(project, "sqlite.mjs"), script);
  const output = run(process.execPath, ["sqlite.mjs"], project);
  assert.match(output, /npm install @photostructure\/sqlite/);
});

function hasSqlite() {
  return process.getBuiltinModule?.("node:sqlite") !== undefined;
}
