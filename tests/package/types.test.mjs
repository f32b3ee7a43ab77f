// The tarball as TypeScript and the linters of packages see it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { house } from "../docs/blocks.mjs";
import { packagesFolder } from "./setup.mjs";
import { installTarball } from "./stage.mjs";

const bin = (name) => join(packagesFolder("core"), "node_modules/.bin", name);
let scratch;
let project;
let tarball;

before(() => {
  assert.ok(existsSync(packagesFolder("core")), "its packages are set up by `npm test`");
  scratch = mkdtempSync(join(tmpdir(), "agentlattice-"));
  ({ project, tarball } = installTarball(scratch));
});
after(() => rmSync(scratch, { recursive: true, force: true }));

function passes(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: project,
    encoding: "utf8",
  });
  assert.equal(error, undefined);
  assert.equal(status, 0, stdout + stderr);
}

test("publint finds nothing", () =>
  passes(bin("publint"), ["--strict", "node_modules/@agentlattice/wasm"]));

// What browsers and bundlers alone can load has one form.
test("attw finds nothing", () =>
  passes(bin("attw"), [
    tarball,
    "--exclude-entrypoints",
    "browser",
    "client.wasm",
    "agentlattice.wasm",
  ]));

const source = `
import { AgentLattice, type ActionResult, isDeniedError, Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";

interface Facts {
  readonly n: number;
}
const facts: Facts = { n: 1 };

export async function main(): Promise<string> {
  const lattice = await Lattice.open({ store: new SqliteStore({ path: "x.db" }), policies: [] });
  const result: ActionResult = await lattice.agent("a").execute("x", { metadata: { n: 1 } });
  await lattice.agent("a").report(result.auditEventId, { status: "success", metadata: facts });
  await lattice.agent("a").canI("x", { metadata: facts });
  const server = await serve(lattice);
  const al = new AgentLattice({ apiKey: "k", baseUrl: server.url });
  const status: "executed" | "requested" | "denied" = result.status;
  // @ts-expect-error A denial has no such field.
  al.gate("x").catch((error: unknown) => isDeniedError(error) && error.nonsense);
  // @ts-expect-error There is no such option.
  await al.execute("x", { metadta: {} });
  // @ts-expect-error An array is no object of facts.
  al.gate("x", { metadata: [1] });
  // @ts-expect-error Nor is a map.
  al.gate("x", { metadata: new Map() });
  // @ts-expect-error Nor is a text.
  al.gate("x", { metadata: "x" });
  return status + new AgentLatticeSync({ lattice, agent: "b" }).execute("x").status;
}
`;

const modules = `
import client from "@agentlattice/wasm/client.wasm";
import { AgentLattice } from "@agentlattice/wasm/browser";
export const al = new AgentLattice({ apiKey: "k", wasm: client });
`;

const dom = ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"];

const resolutions = [
  { module: "node16", lib: dom, files: ["esm.mts", "commonjs.cts"] },
  { module: "nodenext", lib: dom, files: ["esm.mts", "commonjs.cts", "modules.mts"] },
  { module: "nodenext", lib: ["es2023"], files: ["esm.mts", "commonjs.cts"] },
  { module: "esnext", lib: dom, moduleResolution: "bundler", files: ["esm.mts", "modules.mts"] },
];

for (const { files, ...resolution } of resolutions) {
  const name = resolution.moduleResolution ?? resolution.module;
  const where = resolution.lib === dom ? "" : ", without the DOM";
  test(`strict types hold with moduleResolution ${name}${where}`, () => {
    writeFileSync(join(project, "esm.mts"), source);
    writeFileSync(join(project, "commonjs.cts"), source);
    writeFileSync(join(project, "modules.mts"), modules);
    const compilerOptions = {
      ...resolution,
      target: "es2022",
      types: ["node"],
      typeRoots: [join(house, "node_modules/@types")],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
    };
    const config = join(project, "tsconfig.json");
    writeFileSync(config, JSON.stringify({ files, compilerOptions }));
    passes(join(house, "node_modules/.bin/tsc"), ["--project", config]);
  });
}
