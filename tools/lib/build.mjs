// The builds. Each is a no-op when nothing changed.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { writeBuildInfo } from "./build-info.mjs";
import { buildBundles } from "./bundles.mjs";
import { at, filesBelow, house, run, toolchain } from "./house.mjs";
import { step } from "./progress.mjs";
import { hashOf, unlessStamped } from "./stamp.mjs";

/** src/ and tests/native/ with the machine's compiler, in build/native. */
export const buildNative = () => step("native library and tests", (show) => cmake("native", show));

/** tests/fuzz/ with clang, libFuzzer and the sanitizers, in build/fuzz. */
export const buildFuzz = (targets) =>
  step("fuzz targets", (show) => cmake("fuzz", show, ["--target", ...targets]));

/** src/ and wasm/ with Emscripten: client and agentlattice, .mjs and .wasm each, in build/wasm. */
export const buildWasm = () => step("kernel to WebAssembly", (show) => cmake("wasm", show));

/** js/ and the modules of build/wasm: everything that the package ships, in npm/dist. */
export async function buildPackage() {
  const sources = [
    ...filesBelow("js", /\.m?ts$/),
    "tsconfig.json",
    "package-lock.json",
    "tools/lib/build.mjs",
  ];
  const forget = (...stamps) => {
    for (const stamp of stamps) rmSync(at(`build/${stamp}.stamp`), { force: true });
  };
  if (!existsSync(at("npm/dist/import"))) forget("typescript");
  await unlessStamped("build/typescript.stamp", hashOf(sources), () =>
    step("TypeScript", async () => {
      rmSync(at("npm/dist"), { recursive: true, force: true });
      forget("bundles", "build-info"); // They went with it.
      await run("node_modules/.bin/tsc", ["--project", "tsconfig.json"]);
      // tsc does not emit what is already a declaration.
      for (const file of filesBelow("js", /\.d(\.wasm)?\.m?ts$/))
        copyIfChanged(file, file.replace("js/", "npm/dist/"));
    }),
  );
  for (const name of ["client", "agentlattice"])
    for (const file of [`${name}.mjs`, `${name}.wasm`])
      copyIfChanged(`build/wasm/${file}`, `npm/dist/${file}`);
  const modules = filesBelow("npm/dist", /\.m?js$/).filter((file) => !isBundle(file));
  const parts = [...modules, "npm/package.json", "tools/lib/bundles.mjs"];
  await unlessStamped("build/bundles.stamp", hashOf(parts), () =>
    step("bundles of the package", buildBundles),
  );
  const built = ["client", "agentlattice"].map((name) => `npm/dist/${name}.wasm`);
  const origins = ["npm/package.json", "package-lock.json", "tools/lib/build-info.mjs"];
  const info = hashOf([...built, ...origins, "build/toolchain.cmake"]);
  await unlessStamped("build/build-info.stamp", info, writeBuildInfo);
}

const isBundle = (file) => /^npm\/dist\/(cjs\/|import\/|browser\.)/.test(file);

async function cmake(preset, show, more = []) {
  const ninja = toolchain("usr/bin/ninja");
  const generator = existsSync(ninja) ? ["-G", "Ninja", `-DCMAKE_MAKE_PROGRAM=${ninja}`] : [];
  // What CMake itself cannot notice: another compiler, or a tree that was moved. Then it starts afresh.
  const surroundings = hashOf(["CMakePresets.json", "build/toolchain.cmake"], house, generator);
  await unlessStamped(`build/${preset}/.configured`, surroundings, () =>
    run("cmake", ["--preset", preset, "--fresh", ...generator], { onLine: show }),
  );
  const jobs = String(availableParallelism());
  const env = { EMSDK_PYTHON: process.env.EMSDK_PYTHON || python() };
  const args = ["--build", `build/${preset}`, "--parallel", jobs, ...more];
  await run("cmake", args, { onLine: show, env });
}

/** The interpreter itself, for Emscripten's compiler driver: where `python3` is a shim, it costs each file half a second. */
const python = () =>
  execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();

function copyIfChanged(from, to) {
  if (existsSync(at(to)) && readFileSync(at(from)).equals(readFileSync(at(to)))) return;
  mkdirSync(dirname(at(to)), { recursive: true });
  copyFileSync(at(from), at(to));
}
