// What the end-to-end tests share: a program of examples/ that runs, and a real browser.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const house = fileURLToPath(new URL("../../", import.meta.url));

/** Starts a program; resolves with its first match of `ready`, and a `stop` that waits for its end. */
export function start(t, program, args, ready, { cwd = house, env = {} } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = new Promise((resolve) => child.once("close", resolve));
  const stop = async () => {
    child.kill("SIGINT");
    const giveUp = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(giveUp);
  };
  t.after(stop);
  return new Promise((resolve, reject) => {
    const take = (chunk) => {
      output += chunk;
      const match = ready.exec(output);
      if (match) resolve({ match, stop, output: () => output });
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", reject);
    ended.then((code) => reject(new Error(`${program} ended with ${code}:\n${output}`)));
  });
}

/** A page in a real Chromium, whose errors fail the test. */
export async function openBrowser(t) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
    ],
  });
  t.after(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  const problems = [];
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  context.on("dialog", (dialog) => problems.push(`dialog: ${dialog.message()}`));
  return { context, problems };
}
