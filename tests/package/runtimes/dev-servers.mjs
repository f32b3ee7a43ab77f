// The servers that bundlers develop with, told nothing about the package, in Chromium.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../program.mjs";
import { chromium, inBrowser } from "./browsers.mjs";
import { asModule, asScript, copyModules, loaderOf, pageWith, versionOf } from "./bundlers.mjs";

/** Each serves `project`, which is its own, and gives `{ port, close }`. */
const servers = [
  { name: "esbuild", own: true, open: esbuild },
  { name: "Vite", package: "vite", open: vite },
  {
    name: "webpack",
    package: "webpack-dev-server",
    open: packed("webpack", "webpack-dev-server", (server) => server.default),
  },
  {
    name: "Rspack",
    package: "@rspack/dev-server",
    open: packed("@rspack/core", "@rspack/dev-server", (server) => server.RspackDevServer),
  },
  { name: "Parcel", package: "parcel", open: parcel },
];

export function devServers(packages) {
  const packageLoader = loaderOf(packages);
  return servers.map((server) => ({
    name: `${server.name}'s server, Chromium`,
    needs: chromium,
    version: async () => versionOf(packages, server),
    run: (stage) => inServer(server, stage, packageLoader),
  }));
}

async function inServer({ name, open }, stage, packageLoader) {
  const room = `server-${name}`;
  const project = join(stage.scratch, room);
  // They write beside what they serve, and watch it.
  cpSync(stage.project, project, { recursive: true, verbatimSymlinks: true });
  const { port, close } = await open({ project, ...packageLoader });
  try {
    const service = encodeURIComponent(stage.service.baseUrl);
    const page = `http://127.0.0.1:${port}/index.html?service=${service}`;
    return await inBrowser(chromium, page, stage, room);
  } finally {
    await close();
  }
}

const host = "127.0.0.1";

async function esbuild({ project }) {
  const { context } = await import("esbuild");
  const made = await context({
    absWorkingDir: project,
    entryPoints: [join(project, "bundled.mjs")],
    outfile: join(project, "bundle.js"),
    bundle: true,
    format: "esm",
    logLevel: "error",
  });
  writeFileSync(join(project, "index.html"), pageWith(asModule));
  copyModules(project, project);
  const { port } = await made.serve({ servedir: project, host, port: 0 });
  return { port, close: () => made.dispose() };
}

async function vite({ project, load }) {
  const bundler = await load("vite");
  const server = await bundler.createServer({
    root: project,
    logLevel: "error",
    server: { port: 0, host },
  });
  await server.listen();
  return { port: server.httpServer.address().port, close: () => server.close() };
}

/** webpack, and what has its interface. */
function packed(bundler, serverPackage, classOf) {
  return async ({ project, load }) => {
    const { default: webpack } = await load(bundler);
    const Server = classOf(await load(serverPackage));
    const directory = join(project, "public");
    mkdirSync(directory);
    writeFileSync(join(directory, "index.html"), pageWith(asScript));
    const compiler = webpack({
      mode: "development",
      context: project,
      entry: "./bundled.mjs",
      output: { filename: "bundle.js" },
      infrastructureLogging: { level: "error" },
      stats: "errors-only",
    });
    const server = new Server({ host, port: await freePort(), static: { directory } }, compiler);
    await server.start();
    return { port: server.options.port, close: () => server.stop() };
  };
}

async function parcel({ project, load, resolve }) {
  const { Parcel } = await load("@parcel/core");
  const port = await freePort();
  const bundler = new Parcel({
    entries: join(project, "index.html"),
    defaultConfig: resolve("@parcel/config-default"),
    mode: "development",
    shouldDisableCache: true,
    defaultTargetOptions: { distDir: join(project, "dist") },
    serveOptions: { host, port },
    hmrOptions: { host, port },
  });
  let watching;
  await new Promise((built, fail) => {
    watching = bundler.watch((error, event) => {
      if (error || event.type === "buildFailure")
        fail(error ?? new Error(event.diagnostics.map(({ message }) => message).join("\n")));
      else built();
    });
    watching.catch(fail);
  });
  return { port, close: async () => (await watching).unsubscribe() };
}

/** For servers that do not say which one they were given. */
