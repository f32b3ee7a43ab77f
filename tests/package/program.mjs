// Starts programs, and measures the memory that they took.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

const look_ms = 50;
const program_ms_max = 120_000;

/** Starts a program. `peak()`: the most memory that it has had, in bytes, as far as this machine tells. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  let errors = "";
  let peak_bytes;
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const look = () => {
    const status = `/proc/${child.pid}/status`;
    if (!existsSync(status)) return;
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(safely(() => readFileSync(status, "utf8")) ?? "");
    if (kilobytes !== null) peak_bytes = Number(kilobytes[1]) * 1024;
  };
  const looking = setInterval(look, look_ms);
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(looking);
      resolve(code);
    });
  });
  ended.catch(() => clearInterval(looking));
  return {
    child,
    ended,
    output: () => output,
    errors: () => errors,
    peak: () => {
      look();
      return peak_bytes;
    },
    /** Ends it, and with `detached` its whole group: what it has started, too. */
    async stop() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        process.kill(options.detached ? -child.pid : child.pid, "SIGKILL");
      await ended.catch(() => {});
    },
  };
}

/** Runs a program to its end; throws with what it wrote where that is not well. */
export async function run(command, args, options) {
  const program = start(command, args, options);
  const late = setTimeout(() => program.child.kill("SIGKILL"), program_ms_max);
  const code = await program.ended;
  clearTimeout(late);
  if (code !== 0)
    throw new Error(`${command} ended with ${code}\n${program.output()}${program.errors()}`);
  return { output: program.output(), memory_bytes: program.peak() };
}

/** Runs one of the programs that print their report. */
export async function runReporting(command, args, options) {
  const { output, memory_bytes } = await run(command, args, options);
  return { ...JSON.parse(output.trim().split("\n").at(-1)), memory_bytes };
}

/** What `attempt` gives, tried again until it gives something. */
export async function eventually(attempt, what, patience_ms = 30_000) {
  for (const end = Date.now() + patience_ms; Date.now() < end; ) {
    const found = await Promise.resolve()
      .then(attempt)
      .catch(() => undefined);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come about within ${patience_ms} ms`);
}

function safely(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A port on loopback that was free a moment ago, for programs that must be told one. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
