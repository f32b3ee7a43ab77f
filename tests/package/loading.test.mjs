// What goes wrong when other packages load their WebAssembly, and must not here.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { installTarball } from "./stage.mjs";

let scratch;
let project;
let dist;

before(() => {
  scratch = mkdtempSync(join(tmpdir(), "agentlattice-"));
  ({ project } = installTarball(scratch));
  dist = join(project, "node_modules/@agentlattice/wasm/dist");
});
after(() => rmSync(scratch, { recursive: true, force: true }));

function script(code, args = []) {
  const file = join(project, "script.mjs");
  writeFileSync(file, code);
  return execFileSync(process.execPath, [...args, file], { cwd: project, encoding: "utf8" }).trim();
}

const useIt = `
  const { Lattice } = await import("@agentlattice/wasm");
  const lattice = await Lattice.open({ policies: [{ name: "r", action_type: "read", effect: "allow" }] });
  console.log((await lattice.agent("a").execute("read")).status);
  await lattice.close();`;

test("while it is imported nothing is fetched, compiled, timed or drawn by lot", () => {
  // What Workers forbid at that time.
  const forbidden = `
    const real = [];
    const forbid = (object, name) => {
      real.push([object, name, object[name]]);
      object[name] = () => { throw new Error(name + " while importing"); };
    };
    forbid(globalThis, "fetch");
    forbid(globalThis, "setTimeout");
    forbid(globalThis, "setInterval");
    forbid(globalThis, "queueMicrotask");
    forbid(crypto, "getRandomValues");
    forbid(Math, "random");
    forbid(Date, "now");
    forbid(WebAssembly, "compile");
    forbid(WebAssembly, "instantiate");
    await import("@agentlattice/wasm");
    await import("@agentlattice/wasm/sync");
    await import("@agentlattice/wasm/browser");
    for (const [object, name, value] of real) object[name] = value;`;
  assert.equal(script(`${forbidden}${useIt}`), "executed");
});

test("in Node.js, import and require give the same classes", () => {
  const both = `
    import { createRequire } from "node:module";
    import * as imported from "@agentlattice/wasm";
    import { serve } from "@agentlattice/wasm/node";
    const require = createRequire(import.meta.url);
    const required = require("@agentlattice/wasm");
    const names = Object.keys(required).filter((name) => required[name] !== imported[name]);
    console.log(Object.keys(imported).length > 10, names.length, serve === require("@agentlattice/wasm/node").serve);`;
  assert.equal(script(both), "true 0 true");
});

test("of an error that nobody catches, the terminal shows where and why, and no page of code", () => {
  const file = join(project, "uncaught.mjs");
  writeFileSync(
    file,
    'import { Lattice } from "@agentlattice/wasm";\nawait Lattice.open({ policies: [{ name: "a" }] });\n',
  );
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /POLICY_INVALID/);
  assert.match(stderr, /uncaught\.mjs:2/);
  const longest = Math.max(...stderr.split("\n").map((line) => line.length));
  assert.ok(longest < 500, `a line of ${longest} characters`);
});

test("it needs no FinalizationRegistry and no symbols of disposal", () => {
  const older = `
    delete globalThis.FinalizationRegistry;
    delete globalThis.WeakRef;`;
  assert.equal(script(`${older}${useIt}`), "executed");
});

test("callers that race share one compilation, and a failed one is tried again", () => {
  const counted = `
    const { compile } = WebAssembly;
    let count = 0;
    WebAssembly.compile = (bytes) => ++count === 1 ? Promise.reject(new Error("no memory")) : compile(bytes);
    const { Lattice } = await import("@agentlattice/wasm");
    await Lattice.open().catch(({ code }) => console.log(code));
    await Promise.all([Lattice.open(), Lattice.open(), Lattice.open()]);
    console.log(count);`;
  assert.equal(script(counted), "MODULE_UNAVAILABLE\n2");
});

test("what browsers and Workers load has no branch for Node.js, and makes no code from text", () => {
  const files = readdirSync(dist).filter((name) => /\.mjs$|^browser\.js$/.test(name));
  assert.equal(files.length, 3);
  for (const file of files) {
    const code = readFileSync(join(dist, file), "utf8");
    assert.doesNotMatch(
      code,
      /\brequire\(|["']node:|process\.versions|\beval\(|new Function\b/,
      file,
    );
  }
});

test("a runtime that compiles nothing is told what to pass", async () => {
  const conditions = ["--conditions=workerd", "--conditions=edge-light"];
  for (const condition of conditions) {
    const compile = `
      import { read } from "#loader";
      await read(new URL("file:///x.wasm")).catch(({ message }) => console.log(message));`;
    writeFileSync(join(dist, "probe.mjs"), compile);
    const said = execFileSync(process.execPath, [condition, join(dist, "probe.mjs")], {
      encoding: "utf8",
    });
    assert.match(said, /import one, .*"@agentlattice\/wasm\/client\.wasm.* pass it as "wasm"/);
  }
  rmSync(join(dist, "probe.mjs"));
});

test("a bundle that does not know its own address says so, and takes a module", async () => {
  const entry = `
    import { Lattice } from "@agentlattice/wasm";
    import { readFileSync } from "node:fs";
    (async () => {
      await Lattice.open().catch(({ code, message }) => console.log(code, message));
      const wasm = readFileSync(process.env.WASM);
      await (await Lattice.open({ wasm })).close();
      console.log("opened");
    })();`;
  const outfile = join(scratch, "bundle.cjs");
  await build({
    stdin: { contents: entry, resolveDir: project },
    outfile,
    bundle: true,
    format: "iife",
    platform: "node",
    logLevel: "silent",
  });
  const env = { ...process.env, WASM: join(dist, "agentlattice.wasm") };
  const output = execFileSync(process.execPath, [outfile], { encoding: "utf8", env });
  assert.match(output, /^MODULE_UNAVAILABLE .*pass it as "wasm"\nopened\n$/);
});

test("what an import costs", (t) => {
  const runs = 7;
  const median = (code) => {
    const times = Array.from({ length: runs }, () => {
      const begin = performance.now();
      script(code);
      return performance.now() - begin;
    });
    return times.sort((a, b) => a - b)[runs >> 1];
  };
  const empty = median("");
  const imported = median('import "@agentlattice/wasm";');
  t.diagnostic(
    `over an empty script's ${empty.toFixed(0)} ms: ${(imported - empty).toFixed(1)} ms`,
  );
});
