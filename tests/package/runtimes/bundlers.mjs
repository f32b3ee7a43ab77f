// Bundles of a page, each as its bundler makes it without being told anything about the package, in Chromium.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, inBrowser } from "./browsers.mjs";

/** Each makes `out` from the project; those that take a page make it, too. */
const bundlers = [
  { name: "esbuild", own: true, bundle: esbuild, copies: true },
  { name: "Vite", package: "vite", bundle: vite },
  { name: "webpack", package: "webpack", bundle: packed("webpack") },
  { name: "Rspack", package: "@rspack/core", bundle: packed("@rspack/core") },
  { name: "Rollup", package: "rollup", bundle: rollup, copies: true },
  // Its pages hold an import map, which the policy would have to name.
  { name: "Parcel", package: "parcel", bundle: parcel, headers: {} },
];

export function bundles(packages) {
  const packageLoader = loaderOf(packages);
  return bundlers.map((bundler) => ({
    name: `${bundler.name}, Chromium`,
    needs: chromium,
    version: async () => versionOf(packages, bundler),
    run: async (stage) => {
      const out = await makeBundle(bundler, stage, packageLoader);
      const room = `bundle-${bundler.name}`;
      stage.publish(room, out, bundler.headers);
      const page = `${stage.service.baseUrl}/${room}/index.html`;
      return inBrowser(chromium, page, stage, room);
    },
  }));
}

/** Finds packages as a file in the folder `packages` would. */
export function loaderOf(packages) {
  const { resolve } = createRequire(join(packages, "package.json"));
  return { resolve, load: (name) => import(pathToFileURL(resolve(name)).href) };
}

export function versionOf(packages, { own, package: name }) {
  const folder = own
    ? createRequire(import.meta.url).resolve("esbuild/package.json")
    : join(packages, "node_modules", name, "package.json");
  return JSON.parse(readFileSync(folder, "utf8")).version;
}

async function makeBundle({ name, bundle, copies }, { project, scratch }, packageLoader) {
  const out = join(scratch, `bundle-${name}`);
  mkdirSync(out);
  const script = await bundle({ project, out, ...packageLoader });
  if (script !== "page") writeFileSync(join(out, "index.html"), pageWith(script));
  if (copies) copyModules(project, out);
  return out;
}

/** For those that leave `new URL(…, import.meta.url)` as it is: the modules have to lie beside the bundle. */
export function copyModules(project, out) {
  const dist = join(project, "node_modules/@agentlattice/wasm/dist");
  for (const module of ["client.wasm", "agentlattice.wasm"])
    copyFileSync(join(dist, module), join(out, module));
}

export const asModule = 'type="module"';
export const asScript = "defer";

export const pageWith = (script) =>
  `<!doctype html><meta charset="utf-8" /><script ${script} src="bundle.js"></script>`;

async function esbuild({ project, out }) {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: project,
    entryPoints: [join(project, "bundled.mjs")],
    outfile: join(out, "bundle.js"),
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "error",
  });
  return asModule;
}

async function vite({ project, out, load }) {
  const { build } = await load("vite");
  await build({
    root: project,
    base: "./",
    logLevel: "error",
    build: { outDir: out, emptyOutDir: true },
  });
  return "page";
}

/** webpack, and what has its interface. */
function packed(name) {
  return async ({ project, out, load }) => {
    const { default: webpack } = await load(name);
    const stats = await new Promise((resolve, reject) =>
      webpack(
        {
          mode: "production",
          context: project,
          entry: "./bundled.mjs",
          output: { path: out, filename: "bundle.js" },
        },
        (error, result) => (error ? reject(error) : resolve(result)),
      ),
    );
    if (stats.hasErrors()) throw new Error(stats.toString("errors-only"));
    return asScript;
  };
}

async function rollup({ project, out, load }) {
  const { rollup: bundle } = await load("rollup");
  const { default: nodeResolve } = await load("@rollup/plugin-node-resolve");
  const made = await bundle({
    input: join(project, "bundled.mjs"),
    plugins: [nodeResolve({ browser: true })],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  await made.write({ file: join(out, "bundle.js"), format: "es" });
  return asModule;
}

async function parcel({ project, out, load, resolve }) {
  const { Parcel } = await load("@parcel/core");
  await new Parcel({
    entries: join(project, "index.html"),
    defaultConfig: resolve("@parcel/config-default"),
    mode: "production",
    shouldDisableCache: true,
    defaultTargetOptions: { distDir: out, publicUrl: "./", sourceMaps: false },
  }).run();
  return "page";
}
