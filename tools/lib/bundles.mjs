// Further forms of the same code, beside npm/dist's modules: one file for pages without a bundler, and for Node.js files that its `import`
// and its `require` share. They load the one copy of each .wasm.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { at, filesBelow } from "./house.mjs";

const dist = at("npm/dist");

/** What browsers can use, by its paths in dist/. */
const forBrowsers = ["stores/indexed-db", "sync/index", "index"];
/** The entries that Node.js has. */
const entries = [
  "server/durable-object",
  "server/node",
  "stores/sqlite",
  "terminal",
  ...forBrowsers,
];

const common = {
  absWorkingDir: dist,
  bundle: true,
  packages: "external",
  // Not the repository's own, whose "paths" lead to the sources.
  tsconfigRaw: {},
  target: "es2022",
  logLevel: "warning",
  // For an error that nobody catches, Node.js shows the whole line that threw it.
  lineLimit: 100,
};

export async function buildBundles() {
  const { build } = await import("esbuild");
  await bundleForPages(build);
  await bundleForNode(build);
  placeDeclarations();
}

async function bundleForPages(build) {
  const contents = forBrowsers.map((entry) => `export * from "./${entry}.js";\n`).join("");
  await build({
    ...common,
    stdin: { contents, resolveDir: dist },
    format: "esm",
    conditions: ["browser"],
    minify: true,
    outfile: `${dist}/browser.js`,
  });
  write("browser.d.ts", contents);
}

/** What Emscripten makes beside each .wasm, by its path in dist/. */
const isGlue = (module) => module.endsWith(".mjs");

/**
 * Node.js spends more on finding fifty files than on running them, and reads a file as a whole before it runs any of it. So what the main
 * entry needs is in core.js, and what the others need beyond that in more.js. The glue, a third of it all, waits for the first call.
 */
async function bundleForNode(build) {
  for (const form of ["cjs", "import"]) rmSync(`${dist}/${form}`, { recursive: true, force: true });
  const options = {
    ...common,
    format: "cjs",
    platform: "node",
    target: "node20",
    // Names stay: stack traces are read.
    minifyWhitespace: true,
    minifySyntax: true,
    // The glue looks for a module by itself only where nobody hands it one.
    logOverride: { "empty-import-meta": "silent" },
  };
  const modules = await modulesOf("index", (more) => build({ ...options, ...more }));
  for (const glue of modules.filter(isGlue))
    await build({ ...options, entryPoints: [glue], outfile: `cjs/${bundleOfGlue(glue)}` });
  const core = modules.filter((module) => !isGlue(module));
  await build({ ...options, ...onDemand(core), plugins: [later, besides], outfile: "cjs/core.js" });
  const others = entries.filter((entry) => !core.includes(entry));
  const plugins = [takenFrom("./core.js", core), besides];
  await build({ ...options, ...onDemand(others), plugins, outfile: "cjs/more.js" });
  write("cjs/package.json", '{ "type": "commonjs" }\n');
  for (const entry of entries) await writeEntry(entry, others.includes(entry) ? "more" : "core");
}

/** A module and all that it imports, by their paths in dist/. */
async function modulesOf(entry, build) {
  const { metafile } = await build({ entryPoints: [`${entry}.js`], metafile: true, write: false });
  return Object.keys(metafile.inputs).map((file) => file.replace(/\.js$/, ""));
}

/** Beside what they declare: one is CommonJS or not by the folder that it lies in. Those that no entry leads to tell nobody anything. */
function placeDeclarations() {
  const reached = declarationsOf(entries);
  for (const path of filesBelow("npm/dist", /\.d\.ts$/).map((file) => relative(dist, at(file)))) {
    if (reached.has(path)) write(`cjs/${path}`, readFileSync(`${dist}/${path}`));
    else if (path !== "browser.d.ts") rmSync(`${dist}/${path}`);
  }
}

/** The declarations of modules and of all that those name, by their paths in dist/. */
function declarationsOf(modules) {
  // It grows while it is walked.
  const files = new Set(modules.map((one) => `${one}.d.ts`));
  for (const file of files) {
    const text = readFileSync(`${dist}/${file}`, "utf8");
    for (const [, path] of text.matchAll(/(?:from |import\(|import )"(\.[^"]+)\.js"/g))
      files.add(join(dirname(file), `${path}.d.ts`));
  }
  return files;
}

/** Through `require`, esbuild runs a module when it is first asked for: no entry runs what only another one needs. */
function onDemand(modules) {
  const lines = modules.map((one) => `exports["${one}"] = () => require("./${one}.js");`);
  return { stdin: { contents: lines.join("\n"), resolveDir: dist } };
}

/** Modules that another bundle has already: a second copy of a class would be another class. */
const takenFrom = (bundle, modules) => ({
  name: "taken",
  setup({ onLoad, onResolve, resolve: resolveBy }) {
    const paths = new Map(modules.map((one) => [resolve(dist, `${one}.js`), one]));
    onResolve({ filter: /^[.#]/, namespace: "file" }, async ({ path, pluginData, ...from }) => {
      if (pluginData === "asked") return undefined;
      const found = await resolveBy(path, { ...from, pluginData: "asked" });
      const taken = paths.get(found.path);
      return taken === undefined ? found : { path: taken, namespace: "taken" };
    });
    onLoad({ filter: /^/, namespace: "taken" }, ({ path }) => ({
      contents: `module.exports = require("${bundle}")["${path}"]();`,
    }));
    onResolve({ filter: /^/, namespace: "taken" }, ({ path }) => ({ path, external: true }));
  },
});

const bundleOfGlue = (glue) => glue.replace(/\.mjs$/, ".glue.js");

/** Glue is read when it is called. */
const later = {
  name: "later",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.glue\.js$/, namespace: "later" }, ({ path }) => ({
      path,
      external: true,
    }));
    onResolve({ filter: /\.mjs$/ }, ({ path }) => ({ path, namespace: "later" }));
    onLoad({ filter: /^/, namespace: "later" }, ({ path }) => ({
      contents: `export default (host) => require("${bundleOfGlue(path)}").default(host);`,
    }));
  },
};

/** CommonJS has no `import.meta.url`. What a module finds beside itself, its copy in a bundle finds beside the original. */
const besides = {
  name: "besides",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const code = readFileSync(path, "utf8");
      if (!code.includes("import.meta.url")) return undefined;
      const original = JSON.stringify(`../${relative(dist, path)}`);
      const url = `new URL(${original}, require("node:url").pathToFileURL(__filename))`;
      return { contents: code.replaceAll("import.meta.url", url), loader: "js" };
    });
  },
};

async function writeEntry(entry, bundle) {
  const path = (from, to) => relative(dirname(from), to).replace(/^(?!\.)/, "./");
  const required = path(`cjs/${entry}`, `cjs/${bundle}.js`);
  write(`cjs/${entry}.js`, `module.exports = require("${required}")["${entry}"]();\n`);
  const names = Object.keys(await import(`${dist}/${entry}.js`));
  write(
    `import/${entry}.js`,
    `import { createRequire } from "node:module";

export const { ${names.join(", ")} } = createRequire(import.meta.url)(
  "${path(`import/${entry}`, `cjs/${entry}.js`)}",
);
`,
  );
}

function write(file, content) {
  mkdirSync(dirname(`${dist}/${file}`), { recursive: true });
  writeFileSync(`${dist}/${file}`, content);
}
