// Bundles of a page, each as its bundler makes it without being told anything about the package, in Chromium.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
  const require = createRequire(join(packages, "package.json"));
  const load = (name) => import(pathToFileURL(require.resolve(name)).href);
  return [
    ...bundlers.map((bundler) => ({
      name: `${bundler.name}, Chromium`,
      needs: chromium,
      version: async () => versionOf(packages, bundler),
      run: async (stage) => {
        const out = await makeBundle(bundler, stage, { load, resolve: require.resolve });
        const room = `bundle-${bundler.name}`;
        stage.publish(room, out, bundler.headers);
        const page = `${stage.service.baseUrl}/${room}/index.html`;
        return inBrowser(chromium, page, stage, room);
      },
    })),
    {
      name: "Vite's server, Chromium",
      needs: chromium,
      version: async () => versionOf(packages, { package: "vite" }),
      run: (stage) => inViteServer(stage, load),
    },
  ];
}

function versionOf(packages, { own, package: name }) {
  const folder = own
    ? createRequire(import.meta.url).resolve("esbuild/package.json")
    : join(packages, "node_modules", name, "package.json");
  return JSON.parse(readFileSync(folder, "utf8")).version;
}

async function makeBundle({ name, bundle, copies }, { project, scratch }, packages) {
  const out = join(scratch, `bundle-${name}`);
  mkdirSync(out);
  const took = await bundle({ project, out, ...packages });
  if (took !== "page")
    writeFileSync(
      join(out, "index.html"),
      `<!doctype html><meta charset="utf-8" /><script ${took} src="bundle.js"></script>`,
    );
  // These leave `new URL(…, import.meta.url)` as it is: the modules have to lie beside the bundle.
  if (copies)
    for (const module of ["client.wasm", "agentlattice.wasm"])
      copyFileSync(
        join(project, "node_modules/@agentlattice/wasm/dist", module),
        join(out, module),
      );
  return out;
}

const asModule = 'type="module"';
const asScript = "defer";

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

async function inViteServer({ project, scratch, ...stage }, load) {
  const { createServer } = await load("vite");
  const root = join(scratch, "vite-server");
  cpSync(project, root, { recursive: true, verbatimSymlinks: true });
  const server = await createServer({
    root,
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1" },
  });
  try {
    await server.listen();
    const { port } = server.httpServer.address();
    const page = `http://127.0.0.1:${port}/index.html?service=${encodeURIComponent(stage.service.baseUrl)}`;
    return await inBrowser(chromium, page, { project, scratch, ...stage }, "vite-server");
  } finally {
    await server.close();
  }
}
