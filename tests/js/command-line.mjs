// The program `agentlattice`, as the built package has it, in processes of its own, in a folder of their own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { house } from "../docs/blocks.mjs";

export const program = join(house, "npm/dist/cli/main.js");
export const folder = mkdtempSync(join(tmpdir(), "agentlattice-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file that a command can name. */
export const file = (name, content) => {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(folder, name), text);
  return name;
};

export function run(args, { env = {}, input } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
    input,
    env: { ...process.env, NO_COLOR: "", ...env },
  });
  return { code: status, stdout, stderr };
}

/** Without blocking this process, which may be the server. */
export async function runBeside(args, env) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

export const small = {
  name: "small",
  action_type: "pr.open",
  effect: "conditional",
  conditions: [{ field: "pr_size", operator: "lt", value: 50 }],
};
export const reading = { name: "reading", action_type: "repo.*", effect: "allow" };
