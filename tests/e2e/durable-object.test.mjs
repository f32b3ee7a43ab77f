// The store in the storage of a Durable Object, in a real workerd that is stopped and started again: snapshots, in parts and
// from one process to the next.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { eventually, freePort, start } from "../package/program.mjs";
import { workerdOf } from "../package/runtimes/workers.mjs";
import { packagesFolder } from "../package/setup.mjs";
import { house } from "./house.mjs";

const workerd = workerdOf(packagesFolder("core"));
const part_bytes = 1 << 20; // js/stores/durable-object.ts
const rows_per_snapshot = 20_000; // js/ledger.ts

async function bundle(folder) {
  await build({
    absWorkingDir: house,
    entryPoints: ["tests/e2e/durable-object-worker.mjs"],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  mkdirSync(join(folder, "state"));
}

function configure(folder, port) {
  const modules = ["client.wasm", "agentlattice.wasm"].map(
    (name) => `(name = "${name}", wasm = embed "${name}")`,
  );
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "state", disk = (path = "state", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), ${modules.join(", ")}],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [(className = "Shelf", uniqueKey = "shelf", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
  bindings = [(name = "SHELF", durableObjectNamespace = "Shelf")]);\n`,
  );
}

/** A process on the state that earlier ones have left. */
async function serve(t, folder) {
  const port = await freePort();
  configure(folder, port);
  const program = start(workerd, ["serve", "config.capnp"], { cwd: folder });
  t.after(() => program.stop());
  const ask = async (path) => {
    const response = await eventually(() => fetch(`http://127.0.0.1:${port}/${path}`), "an answer");
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${program.errors()}`);
    return JSON.parse(text);
  };
  return { ask, stop: () => program.stop() };
}

test("a Durable Object keeps a snapshot, and begins with it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "agentlattice-object-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await bundle(folder);
  const first = await serve(t, folder);
  assert.deepEqual(await first.ask("look"), { rows: null, bytes: null });
  const large = 2 * part_bytes + 5;
  assert.deepEqual(await first.ask(`keep?n=${large}`), { rows: large, same: true });
  assert.deepEqual(await first.ask("keep?n=9"), { rows: 9, same: true });
  assert.deepEqual(
    await first.ask("look"),
    { rows: 9, bytes: 9 },
    "of the larger one nothing is left",
  );
  assert.deepEqual(
    await first.ask("forget"),
    { rows: null, bytes: null },
    "it may hold what was redacted",
  );

  const { rows } = await first.ask(`act?n=${rows_per_snapshot + 100}`);
  assert.ok(rows >= rows_per_snapshot, `a snapshot of ${rows} rows`);
  await first.stop();

  const second = await serve(t, folder);
  const { toOpen, chainValid, rowsChecked } = await second.ask("open");
  assert.ok(toOpen < 500, `${toOpen} rows were read to open it`);
  assert.ok(chainValid && rowsChecked > rows_per_snapshot, `${rowsChecked} rows`);
});
