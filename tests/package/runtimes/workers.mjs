// Workers and edge functions: the package is bundled as their tools do it, with its modules imported.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { eventually, freePort, run, start } from "../program.mjs";

const modules = ["client.wasm", "agentlattice.wasm"];

/** Its program; not the script of the package workerd, which would stand between. */
export const workerdOf = (packages) =>
  join(packages, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");

export function workers(packages) {
  const require = createRequire(join(packages, "package.json"));
  const workerd = workerdOf(packages);
  const workerdVersion = async () =>
    (await run(workerd, ["--version"])).output.trim().split(" ").at(-1);
  const versionOf = (name) => async () =>
    JSON.parse(readFileSync(join(packages, "node_modules", name, "package.json"), "utf8")).version;
  return [
    {
      name: "workerd",
      core: true,
      version: workerdVersion,
      run: (stage) => inWorkerd(stage, workerd, []),
    },
    {
      name: "workerd, nodejs_compat",
      version: workerdVersion,
      run: (stage) => inWorkerd(stage, workerd, ["nodejs_compat"]),
    },
    {
      name: "miniflare",
      version: versionOf("miniflare"),
      run: (stage) => inMiniflare(stage, require),
    },
    {
      name: "wrangler dev",
      version: versionOf("wrangler"),
      run: (stage) => inWrangler(stage, packages),
    },
    {
      name: "edge-runtime",
      version: versionOf("edge-runtime"),
      run: (stage) => inEdgeRuntime(stage, require),
    },
  ];
}

/** A Worker's bundle: one script, and the modules that it imports. */
async function bundleWorker({ project, scratch }, name) {
  const folder = join(scratch, name);
  await build({
    absWorkingDir: project,
    entryPoints: [join(project, "worker-service.mjs")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  return folder;
}

async function inWorkerd(stage, workerd, flags) {
  const folder = await bundleWorker(stage, `workerd-${flags.length}`);
  const port = await freePort();
  const embedded = modules.map((name) => `(name = "${name}", wasm = embed "${name}")`);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "loopback", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), ${embedded.join(", ")}],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
  globalOutbound = "loopback");\n`,
  );
  const program = start(workerd, ["serve", "config.capnp"], { cwd: folder });
  try {
    return {
      ...(await ask(`http://127.0.0.1:${port}`, stage, program)),
      memory_bytes: program.peak(),
    };
  } finally {
    await program.stop();
  }
}

async function inMiniflare(stage, require) {
  const { Miniflare } = require("miniflare");
  const folder = await bundleWorker(stage, "miniflare");
  const worker = new Miniflare({
    modules: [
      { type: "ESModule", path: join(folder, "worker.js") },
      ...modules.map((name) => ({ type: "CompiledWasm", path: join(folder, name) })),
    ],
    modulesRoot: folder,
    compatibilityDate: "2026-04-01",
  });
  try {
    return await ask((await worker.ready).href, stage);
  } finally {
    await worker.dispose();
  }
}

/** As its users do: a folder with a configuration and an entry, and nothing that tells of WebAssembly. */
async function inWrangler(stage, packages) {
  const { project } = stage;
  const port = await freePort();
  writeFileSync(
    join(project, "wrangler.json"),
    JSON.stringify({
      name: "governed",
      main: "worker-service.mjs",
      compatibility_date: "2026-04-01",
    }),
  );
  const args = [
    join(packages, "node_modules/wrangler/bin/wrangler.js"),
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--show-interactive-dev-session=false",
  ];
  // It asks for Node.js 22.
  const program = start(join(packages, "node_modules/node22/bin/node"), args, {
    cwd: project,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
    detached: true,
  });
  try {
    return await ask(`http://127.0.0.1:${port}`, stage, program);
  } finally {
    await program.stop();
  }
}

/** The bundle of a middleware: an import with "?module" becomes a global, as the bundlers for this runtime do it. */
async function inEdgeRuntime({ project, scratch, service }, require) {
  const { EdgeRuntime } = require("edge-runtime");
  const folder = join(scratch, "edge");
  mkdirSync(folder);
  const globals = {
    name: "globals",
    setup(hooks) {
      hooks.onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "global" }));
      hooks.onLoad({ filter: /./, namespace: "global" }, ({ path }) => ({
        contents: `export default ${globalOf(/\w+(?=\.wasm)/.exec(path)[0])};`,
      }));
    },
  };
  await build({
    absWorkingDir: project,
    entryPoints: [join(project, "edge-service.mjs")],
    outfile: join(folder, "middleware.js"),
    bundle: true,
    format: "iife",
    conditions: ["edge-light", "worker", "browser"],
    plugins: [globals],
    logLevel: "error",
  });
  const runtime = new EdgeRuntime({
    extend: (context) => {
      for (const name of modules) {
        const bytes = readFileSync(join(project, "node_modules/@agentlattice/wasm/dist", name));
        context[globalOf(name.replace(".wasm", ""))] = new WebAssembly.Module(bytes);
      }
      return context;
    },
    initialCode: readFileSync(join(folder, "middleware.js"), "utf8"),
  });
  const answer = await runtime.dispatchFetch("http://edge.test/", {
    method: "POST",
    body: JSON.stringify(service),
  });
  return answer.json();
}

const globalOf = (name) => `wasm_${name}`;

/** Asks a Worker to run the cases, as soon as it answers. */
async function ask(url, { service }, program) {
  const init = { method: "POST", body: JSON.stringify(service) };
  const response = await eventually(() => fetch(url, init), "an answer of the Worker").catch(
    (error) => {
      throw new Error(`${error.message}\n${program?.output()}${program?.errors()}`);
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}\n${program?.errors() ?? ""}`);
  return JSON.parse(text);
}
