// Two modules: who talks to a service does not download one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryFolder } from "./house.mjs";

const dist = new URL("../../npm/dist/", import.meta.url);

/** The files that a bundle of `entry` for Node.js would hold, its lazy parts included. */
function bundleOf(entry) {
  const found = new Set();
  const add = (url) => {
    if (found.has(url.href)) return;
    found.add(url.href);
    const text = readFileSync(url, "utf8");
    for (const [, file] of text.matchAll(/(?:from|import\(|import) ?"(\.[^"]+)"/g))
      add(new URL(file, url));
  };
  add(new URL(entry, dist));
  return new Set([...found].map((href) => href.slice(dist.href.length)));
}

test("a bundle of a client, asynchronous or not, holds the client's glue and not the lattice's", () => {
  for (const entry of ["agent-lattice.js", "operator.js", "sync/index.js"]) {
    const files = bundleOf(entry);
    assert.ok(files.has("client.mjs"), entry);
    assert.ok(!files.has("agentlattice.mjs"), entry);
  }
  assert.ok(bundleOf("lattice.js").has("agentlattice.mjs"));
});

/** Runs a script beside the package as it is installed without its optional companions. */
function alone(t, script) {
  const folder = temporaryFolder(t);
  const home = `${folder}/node_modules/@agentlattice/wasm`;
  cpSync(dist, `${home}/dist`, { recursive: true });
  cpSync(new URL("../package.json", dist), `${home}/package.json`);
  const options = { cwd: folder, encoding: "utf8", timeout: 20_000 };
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    options,
  );
  assert.equal(stderr, "");
  return stdout;
}

test("without the package ws everything works but sockets, and those say what to do", (t) => {
  const answer = alone(
    t,
    `import { once } from "node:events";
    import { request } from "node:http";
    import { Lattice } from "@agentlattice/wasm";
    import { serve } from "@agentlattice/wasm/node";
    const lattice = await Lattice.open();
    const server = await serve(lattice);
    const asked = request(server.url + "/api/v1/events", {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    }).end();
    const [response] = await once(asked, "response");
    console.log(response.statusCode, String(Buffer.concat(await response.toArray())));
    console.log((await lattice.agent("a").execute("x")).status);
    await server.close();
    await lattice.close();`,
  );
  const [refusal, status] = answer.split("\n");
  assert.match(refusal, /^501 .*"NOT_IMPLEMENTED".*npm install ws/);
  assert.equal(status, "denied");
});
