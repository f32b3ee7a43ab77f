// npm start: a governed agent, from an empty ledger to a verified one. This file is its frame: the command line, Ctrl-C and
// errors. What happens is in story.mjs.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { red, Stop, say, visible } from "./terminal.mjs";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

const help = `A governed agent on an embedded lattice.

  npm start -- [options]

  --yes            answer the approvals by itself; so does every run without a terminal
  --data DIR       where the ledger is kept; default: examples/node-agent/.data
  --policies FILE  the policies; default: examples/node-agent/policies.json
  --help           this text

The ledger is continued by each run. NO_COLOR=1 turns colours off. Exit codes: 0 done, 1 failed, 130 interrupted.`;

function interrupted(signal, code) {
  process.on(signal, () => {
    process.stderr.write(
      "\ninterrupted; the ledger is complete up to here, the next run continues it\n",
    );
    process.exit(code);
  });
}

function failed(error) {
  const { message, lines = [] } = explain(error);
  process.stderr.write(`\n${red("error:")} ${visible(message)}\n`);
  for (const line of lines) process.stderr.write(`  ${visible(line)}\n`);
  process.exit(1);
}

function explain(error) {
  if (error instanceof Stop) return error;
  const known = typeof error?.code === "string";
  if (known) return { message: error.message };
  const hint = process.env.DEBUG ? String(error?.stack).split("\n").slice(1) : [];
  return { message: `unexpected: ${error?.message ?? error} (DEBUG=1 says more)`, lines: hint };
}

interrupted("SIGINT", 130);
interrupted("SIGTERM", 143);
process.on("uncaughtException", failed);
// A reader who has seen enough, as in `npm start | head`.
process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));

const options = readCommandLine();
if (options.help) say(help);
else main(options).catch(failed);

async function main({ yes, data, policies }) {
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { tellStory } = await import("./story.mjs").catch(explainMissingBuild);
  await tellStory({
    folder: makeFolder(data),
    shown: pathForPeople,
    policiesPath: policies,
    policies: readPolicies(policies),
    byItself: yes ? "--yes" : interactive ? undefined : "there is no terminal",
  });
}

function readCommandLine() {
  try {
    const { values } = parseArgs({
      options: {
        yes: { type: "boolean", default: false },
        data: { type: "string", default: beside(".data") },
        policies: { type: "string", default: beside("policies.json") },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    return failed(new Stop(`${error.message.split(". ")[0]}; --help lists the options`));
  }
}

function makeFolder(path) {
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    throw new Stop(`cannot use ${path} as data folder (${error.code}); choose another with --data`);
  }
}

function readPolicies(path) {
  if (!existsSync(path)) {
    throw new Stop(`there is no policy file ${path}; name one with --policies`);
  }
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Stop(`cannot read the policy file ${path} (${error.code})`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Stop(`${path} is not JSON: ${error.message}${lineOf(error, text)}`);
  }
}

function lineOf({ message }, text) {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  return ` (line ${text.slice(0, Number(position)).split("\n").length})`;
}

function explainMissingBuild(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || existsSync(beside("../../npm/dist"))) throw error;
  throw new Stop(
    "the package is not built yet; run `npm start` in the repository, which does that",
  );
}

/** Relative where that is shorter to read. */
function pathForPeople(path) {
  const nearby = relative(process.cwd(), path);
  return nearby.startsWith("..") || isAbsolute(nearby) ? path : join(nearby);
}
