// What a person sees while a tool works: one line a step, with its seconds. Steps that find nothing to do stay silent.
// Progress goes to stderr, so that stdout belongs to the program that the tool is for.
import { Failure, stopRunning } from "./house.mjs";

const terminal = process.stderr.isTTY === true;
const coloured = terminal && !process.env.NO_COLOR;
const silent_ms = 400;
const heartbeat_ms = terminal ? 200 : 20_000;

const paint = (code, text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
const say = (text) => process.stderr.write(`${text}\n`);
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const clearLine = () => terminal && process.stderr.write("\r\x1b[K");

export const note = (text) => say(paint(2, `  ${text}`));

/** Runs `work(show)`; `show(text)` says what is being done within the step. */
export async function step(title, work) {
  const since = performance.now();
  let detail = "";
  let announced = false;
  const beat = () => {
    const line = `${title}  ${seconds(since)}${detail ? `  ${detail}` : ""}`;
    if (!terminal) return say(`… ${line}`);
    clearLine();
    process.stderr.write(paint(36, `… ${line}`.slice(0, (process.stderr.columns ?? 80) - 1)));
  };
  const announce = setTimeout(() => {
    announced = true;
    if (terminal) beat();
    else say(`… ${title}`);
  }, silent_ms);
  const heartbeat = setInterval(() => announced && beat(), heartbeat_ms);
  try {
    const result = await work((text) => {
      detail = text;
    });
    if (announced) {
      clearLine();
      say(`${paint(32, "✓")} ${title}  ${paint(2, seconds(since))}`);
    }
    return result;
  } catch (error) {
    clearLine();
    say(`${paint(31, "✗")} ${title}  ${paint(2, seconds(since))}`);
    throw error;
  } finally {
    clearTimeout(announce);
    clearInterval(heartbeat);
  }
}

/** The outermost frame of every tool: exit codes, Ctrl-C, and failures told as sentences. */
export async function main(tool) {
  const interrupted = () => {
    clearLine();
    say("interrupted; run it again to go on from here");
    stopRunning();
    process.exit(130);
  };
  const onInterrupt = () => process.listenerCount("SIGINT") === 1 && interrupted();
  process.on("SIGINT", onInterrupt);
  try {
    requireNode(20);
    process.exitCode = (await tool(process.argv.slice(2))) ?? 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
    say(`${paint(31, "error:")} ${error.message}`);
    process.exitCode = 1;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function requireNode(major) {
  if (Number(process.versions.node.split(".")[0]) >= major) return;
  throw new Failure(`this is Node ${process.versions.node}; version ${major} or newer is needed`);
}
