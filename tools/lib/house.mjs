// Where things are, and the one way to start another program.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const house = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** An absolute path of this repository. */
export const at = (...parts) => join(house, ...parts);

/** The cache folder that tools/setup-emscripten.sh filled, as it wrote it down for CMake. */
export function toolchain(...parts) {
  const text = readFileSync(at("build/toolchain.cmake"), "utf8");
  return join(/AGENTLATTICE_TOOLCHAIN "(.*)"/.exec(text)[1], ...parts);
}

/** The files below `folder` whose names match, as sorted paths from the root; none when there is no such folder. */
export function filesBelow(folder, pattern) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(house, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|\.data)\//.test(path))
    .sort();
}

/** A failure that is explained by a sentence and a program's output, not by a stack trace. */
export class Failure extends Error {
  constructor(sentence, output = "") {
    super(sentence);
    this.output = output;
  }
}

let running;
/** Ends the program that is running now, if any; for whoever handles Ctrl-C. */
export const stopRunning = () => running?.kill("SIGTERM");

/** Runs a program quietly, from the root. Returns its output; throws a Failure that carries it when it fails. */
export function run(program, args, { onLine = () => {}, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(program, args, {
      cwd: house,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running = child;
    const take = (chunk) => {
      output += chunk;
      const line = String(chunk).trimEnd().split("\n").at(-1);
      if (line) onLine(line);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => reject(new Failure(`cannot run ${program}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output);
      reject(new Failure(`${program} ended with ${signal ?? `exit code ${code}`}`, output));
    });
  });
}

/**
 * Runs a program that owns the terminal: it reads the keyboard, it answers Ctrl-C, we wait.
 * Resolves to its exit code, whatever that is.
 */
export function runInForeground(program, args, { env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: house,
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    // Ctrl-C reaches the child by itself, as one of the terminal's foreground group; a plain `kill` does not.
    const wait = () => {};
    const forward = () => child.kill("SIGTERM");
    process.on("SIGINT", wait);
    process.on("SIGTERM", forward);
    child.on("error", (error) => reject(new Failure(`cannot run ${program}: ${error.message}`)));
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
