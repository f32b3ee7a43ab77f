// Serves the console, and with --lattice a lattice beside it, on this machine alone.
//
//   npm run console                the lattice is in the page
//   npm run console -- --lattice   the lattice is here; the page is a client of it
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";

const here = fileURLToPath(new URL(".", import.meta.url));
const packageRoot = fileURLToPath(
  new URL("./", import.meta.resolve("@agentlattice/wasm/package.json")),
);
const packagePath = "/agentlattice/";
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** What a bundler does otherwise: where a browser finds what the page imports, and what the package itself does. */
function importMap() {
  const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const pick = (target) =>
    typeof target === "string" ? target : pick(target.browser ?? target.default);
  const place = (target) => packagePath + pick(target).slice(2);
  const imports = {
    "@agentlattice/wasm": place(manifest.exports["."]),
    "@agentlattice/wasm/indexed-db": place(manifest.exports["./indexed-db"]),
  };
  for (const [name, target] of Object.entries(manifest.imports)) {
    const modules = name.endsWith("/*") ? ["client", "agentlattice"] : [""];
    for (const module of modules)
      imports[name.replace("*", module)] = place(target).replace("*", module);
  }
  return JSON.stringify({ imports });
}

const map = importMap();
const page = readFileSync(join(here, "index.html"), "utf8").replace(
  "<!-- importmap -->",
  `<script type="importmap">${map}</script>`,
);
const mapHash = createHash("sha256").update(map).digest("base64");
const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${mapHash}'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`;

function file(pathname) {
  const inPackage = pathname.startsWith(packagePath);
  const root = inPackage ? packageRoot : here;
  const path = join(root, normalize(inPackage ? pathname.slice(packagePath.length) : pathname));
  const type = types[extname(path)];
  const served = path.startsWith(root) && type !== undefined && existsSync(path);
  return served ? { body: readFileSync(path), type } : undefined;
}

function answer({ url }) {
  const pathname = decodeURIComponent(new URL(url).pathname);
  const found = pathname === "/" ? { body: page, type: types[".html"] } : file(pathname);
  if (found === undefined) return new Response("not found", { status: 404 });
  return new Response(found.body, {
    headers: {
      "content-type": found.type,
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
  });
}

const { values } = parseArgs({
  options: {
    lattice: { type: "boolean", default: false },
    port: { type: "string", default: "8080" },
  },
});

let lattice;
let operatorKey;
if (values.lattice) {
  const policies = JSON.parse(readFileSync(join(here, "policies.json"), "utf8"));
  lattice = await Lattice.open({ policies });
  const registration = { name: "console", roles: ["owner"] };
  operatorKey = (await lattice.operator().registerOperator(registration)).apiKey;
}
const server = await serve(
  {
    fetch: (request) =>
      lattice !== undefined && new URL(request.url).pathname.startsWith("/api/")
        ? lattice.fetch(request)
        : answer(request),
    ...(lattice && { connect: (socket) => lattice.connect(socket) }),
  },
  { port: Number(values.port) },
);

console.log(`the console: ${server.url}/${lattice ? "?lattice=/" : ""}`);
if (operatorKey) console.log(`its operator key, good while this runs: ${operatorKey}`);
console.log("Ctrl-C ends it");
process.once("SIGINT", async () => {
  await server.close();
  await lattice?.close();
});
