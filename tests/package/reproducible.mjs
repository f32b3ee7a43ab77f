// Two builds of one commit, in two folders, are the same bytes. Part of `npm run test:matrix`; compares with build/wasm.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { house } from "../docs/blocks.mjs";

test("a build in another folder gives the same modules and the same glue", (t) => {
  const copy = mkdtempSync(join(tmpdir(), "agentlattice-build-"));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  // Not build/, nor what was built into npm/.
  const parts = execFileSync("git", ["ls-files"], { cwd: house, encoding: "utf8" })
    .trim()
    .split("\n");
  for (const part of parts) cpSync(join(house, part), join(copy, part));
  symlinkSync(join(house, "node_modules"), join(copy, "node_modules"));
  const build = `
    import { buildWasm } from "./tools/lib/build.mjs";
    import { run } from "./tools/lib/house.mjs";
    await run("bash", ["tools/setup-emscripten.sh"]);
    await buildWasm();`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", build], {
    cwd: copy,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, CMAKE_CXX_COMPILER_LAUNCHER: "" },
  });
  for (const file of ["client.wasm", "client.mjs", "agentlattice.wasm", "agentlattice.mjs"]) {
    const [here, there] = [house, copy].map((folder) =>
      readFileSync(join(folder, "build/wasm", file)),
    );
    assert.ok(here.equals(there), `${file}: ${here.length} and ${there.length} bytes that differ`);
  }
});
