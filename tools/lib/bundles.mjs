// Two further forms of the same code, beside npm/dist's modules: one file for pages without a bundler, and CommonJS. Both load the one
// copy of each .wasm.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { at, filesBelow } from "./house.mjs";

const dist = at("npm/dist");

/** What browsers can use, by its paths in dist/. */
const forBrowsers = ["stores/indexed-db", "sync/index", "index"];
/** The entries that CommonJS has. */
const entries = [
  "server/durable-object",
  "server/node",
  "stores/sqlite",
  "terminal",
  ...forBrowsers,
];

export async function buildBundles() {
  const { build } = await import("esbuild");
  rmSync(`${dist}/cjs`, { recursive: true, force: true });
  const common = {
    absWorkingDir: dist,
    bundle: true,
    packages: "external",
    // Not the repository's own, whose "paths" lead to the sources.
    tsconfigRaw: {},
    target: "es2022",
    logLevel: "warning",
  };
  await build({
    ...common,
    stdin: {
      contents: allOf(forBrowsers),
      resolveDir: dist,
    },
    format: "esm",
    conditions: ["browser"],
    minify: true,
    outfile: `${dist}/browser.js`,
  });
  writeFileSync(`${dist}/browser.d.ts`, allOf(forBrowsers));
  await build({
    ...common,
    // Through `require`, esbuild runs a module when it is first asked for: no entry loads what only another one needs.
    stdin: {
      contents: entries
        .map((entry) => `exports["${entry}"] = () => require("./${entry}.js");`)
        .join("\n"),
      resolveDir: dist,
    },
    format: "cjs",
    platform: "node",
    target: "node20",
    // Names stay: stack traces are read.
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [besides],
    // The glue looks for a module by itself only where nobody hands it one.
    logOverride: { "empty-import-meta": "silent" },
    outfile: `${dist}/cjs/bundle.js`,
  });
  write("package.json", '{ "type": "commonjs" }\n');
  for (const entry of entries) {
    const bundle = relative(dirname(`cjs/${entry}`), "cjs/bundle.js").replace(/^(?!\.)/, "./");
    write(`${entry}.js`, `module.exports = require("${bundle}")["${entry}"]();\n`);
  }
  // A declaration is CommonJS or not by the folder that it lies in.
  for (const file of filesBelow("npm/dist", /\.d\.ts$/))
    write(relative(dist, at(file)), readFileSync(at(file)));
}

const allOf = (modules) => modules.map((one) => `export * from "./${one}.js";\n`).join("");

function write(file, content) {
  mkdirSync(dirname(`${dist}/cjs/${file}`), { recursive: true });
  writeFileSync(`${dist}/cjs/${file}`, content);
}

/** CommonJS has no `import.meta.url`. What a module finds beside itself, its copy in cjs/bundle.js finds beside the original. */
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
