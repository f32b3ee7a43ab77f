// npm/dist/build-info.json: what the package was built with, and what came out, for whoever builds it again and compares.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { at, run } from "./house.mjs";

const modules = ["client.wasm", "agentlattice.wasm"];

export async function writeBuildInfo() {
  const { version } = manifest("npm/package.json");
  const toolchain = { ...(await compilers()), ...packages() };
  const sha256 = Object.fromEntries(modules.map((file) => [file, hashOf(`npm/dist/${file}`)]));
  const text = JSON.stringify({ version, toolchain, sha256 }, null, 2);
  writeFileSync(at("npm/dist/build-info.json"), `${text}\n`);
}

async function compilers() {
  const root = /AGENTLATTICE_EMSCRIPTEN_ROOT "(.*)"/.exec(
    readFileSync(at("build/toolchain.cmake"), "utf8"),
  )[1];
  const said = await run(`${root}/emcc`, ["-v"]);
  return {
    emscripten: /emcc .*? (\d+\.\d+\.\d+)/.exec(said)?.[1] ?? "unknown",
    clang: /clang version (\S+)/.exec(said)?.[1] ?? "unknown",
  };
}

/** Closure is an optional one. */
const packages = () =>
  Object.fromEntries(
    ["google-closure-compiler-linux", "typescript", "esbuild"]
      .map((name) => [name, `node_modules/${name}/package.json`])
      .filter(([, file]) => existsSync(at(file)))
      .map(([name, file]) => [name, manifest(file).version]),
  );

const manifest = (file) => JSON.parse(readFileSync(at(file), "utf8"));
const hashOf = (file) =>
  createHash("sha256")
    .update(readFileSync(at(file)))
    .digest("hex");
