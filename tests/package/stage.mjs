// Where the matrix plays: the tarball, installed in a folder of its own, and a lattice on loopback that also serves pages.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { house } from "../docs/blocks.mjs";
import { policies } from "./programs/cases.mjs";

const programs = fileURLToPath(new URL("programs", import.meta.url));
const report_ms_max = 60_000;

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Packs the package and installs it in an empty project, beside the programs. */
export function installTarball(scratch) {
  const run = (args, cwd) =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  run(["pack", "./npm", "--pack-destination", scratch], house);
  const tarball = join(
    scratch,
    readdirSync(scratch).find((name) => name.endsWith(".tgz")),
  );
  const project = join(scratch, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');
  // Without its optional peers, which would have to come from a registry.
  run(["install", "--offline", "--omit=optional", "--omit=peer", tarball], project);
  return { project, tarball };
}

/** Everything that a runtime needs; `close` takes it down. */
export async function openStage() {
  const scratch = mkdtempSync(join(tmpdir(), "agentlattice-matrix-"));
  const { project, tarball } = installTarball(scratch);
  cpSync(programs, project, { recursive: true });
  symlinkSync(join(house, "node_modules/ws"), join(project, "node_modules/ws"));
  const site = await openSite(project);
  return {
    ...site,
    scratch,
    project,
    tarball,
    async close() {
      await site.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The lattice of the installed package on loopback, and pages beside it. */
async function openSite(project) {
  const installed = join(project, "node_modules/@agentlattice/wasm");
  const load = (file) => import(pathToFileURL(join(installed, "dist", file)).href);
  const { Lattice } = await load("index.js");
  const { serve } = await load("server/node.js");
  const lattice = await Lattice.open({ policies });
  const operator = lattice.operator("ada");
  lattice.onEvent(({ eventType, data }) => {
    if (eventType === "approval.requested") operator.approve(data.approval.approval_id, "reviewed");
  });
  const { apiKey } = await lattice.registerAgent({ name: "remote" });
  const folders = new Map([
    ["site", { folder: project, headers: strict }],
    ["package", { folder: installed, headers: strict }],
  ]);
  const reports = new Map();
  const handler = async (request) => {
    const { pathname } = new URL(request.url);
    const [, room, ...rest] = pathname.split("/");
    if (request.method === "OPTIONS") return new Response(null, { headers: anyOrigin });
    if (room === "report") {
      reports.get(rest[0])?.(await request.json());
      return new Response("", { headers: anyOrigin });
    }
    if (folders.has(room)) return fileOf(folders.get(room), rest.join("/"));
    const { status, headers, body } = await lattice.fetch(request);
    return new Response(body, {
      status,
      headers: { ...Object.fromEntries(headers), ...anyOrigin },
    });
  };
  const server = await serve({ fetch: handler, connect: (socket) => lattice.connect(socket) });
  return {
    service: { baseUrl: server.url, apiKey },
    /** Serves a folder under /`room`/. */
    publish: (room, folder, headers = strict) => folders.set(room, { folder, headers }),
    /** What a page reports under `run`. Fails where it does not, or could not run. */
    reportOf: (run) => reportOf(reports, run),
    async close() {
      await server.close({ graceMs: 0 });
      await lattice.close();
    },
  };
}

/** The strictest policy under which WebAssembly compiles. */
const strict = { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'" };
const anyOrigin = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "access-control-allow-methods": "*",
};

function fileOf({ folder, headers }, path) {
  const file = join(folder, normalize(`/${path === "" ? "index.html" : path}`));
  if (!existsSync(file)) return new Response("there is no such file", { status: 404 });
  const type = types[extname(file)] ?? "application/octet-stream";
  return new Response(readFileSync(file), { headers: { ...headers, "content-type": type } });
}

async function reportOf(reports, run) {
  let timer;
  try {
    const report = await new Promise((resolve, reject) => {
      reports.set(run, resolve);
      timer = setTimeout(() => reject(new Error("no report from the page")), report_ms_max);
    });
    if (report.failure !== undefined) throw new Error(report.failure);
    return report;
  } finally {
    clearTimeout(timer);
    reports.delete(run);
  }
}
