#!/usr/bin/env node
// The program `agentlattice`: finds the command, and is the last one to hear of what goes wrong. A command's file, and with it
// the kernel, is loaded only when the command runs.

import { readFileSync } from "node:fs";
import { bold, visible } from "../terminal.js";
import { type Command, exit, helpOf, readWords, Stop } from "./command.js";

/** In the order of the help. */
const commands: Readonly<Record<string, { about: string; load: () => Promise<Command> }>> = {
  init: {
    about: "Write a first policy file and its tests",
    load: async () => (await import("./init.js")).init,
  },
  "policy check": {
    about: "Compile policy files and list every fault",
    load: async () => (await import("./policy-check.js")).policyCheck,
  },
  "policy test": {
    about: "Run the tests of policies: given an action, expect a decision",
    load: async () => (await import("./policy-test.js")).policyTest,
  },
  "policy explain": {
    about: "Say what policies make of one action, and why",
    load: async () => (await import("./policy-explain.js")).policyExplain,
  },
  replay: {
    about: "Decide a ledger's past again, under other policies: what would change?",
    load: async () => (await import("./replay.js")).replay,
  },
  verify: {
    about: "Recompute a ledger, and say whether and where it is damaged",
    load: async () => (await import("./verify.js")).verify,
  },
  export: {
    about: "Write a ledger's rows to the standard output, a JSON line each",
    load: async () => (await import("./export.js")).exportLedger,
  },
  keys: {
    about: "Register agents and operators, whose key is shown once, and revoke keys",
    load: async () => (await import("./keys.js")).keys,
  },
  serve: {
    about: "Host a lattice over HTTP, its ledger in a SQLite file",
    load: async () => (await import("./serve.js")).serveLattice,
  },
};

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    "Governance for AI agents: policies, their tests, and the ledger.",
    "",
    "Usage: agentlattice COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...Object.entries(commands).map(
      ([name, { about }]) => `  ${bold(name.padEnd(width))}  ${about}`,
    ),
    "",
    "agentlattice COMMAND --help tells more about one; --version prints the version.",
    "Exit codes: 0 all is well, 1 something was found, 2 wrong words, 3 it could not be done.",
  ].join("\n");
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

async function run(args: readonly string[]): Promise<number> {
  const [first, second] = args;
  const asked = first === "policy" ? second : first;
  if (asked === undefined || asked === "help" || asked === "--help" || asked === "-h") {
    process.stdout.write(`${help()}\n`);
    return asked === undefined ? exit.usage : exit.fine;
  }
  if (first === "--version" || first === "-v") {
    process.stdout.write(`${version()}\n`);
    return exit.fine;
  }
  const words = first === "policy" ? 2 : 1;
  const name = args.slice(0, words).join(" ");
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (found === undefined)
    throw new Stop(`there is no command "${visible(name)}"; see agentlattice --help`, exit.usage);
  const command = await found.load();
  const read = readWords(name, command, args.slice(words));
  if (read === "help") {
    process.stdout.write(`${helpOf(name, found.about, command)}\n`);
    return exit.fine;
  }
  return command.run(read);
}

// Whoever reads no further (`| head`) wants no more. What else was not written is missed.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exit.fine);
  process.stderr.write(`cannot write to the standard output: ${error.message}\n`);
  process.exit(exit.failed);
});
run(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { message = String(error), code } = error as { message?: string; code?: string };
    const known = error instanceof Stop || typeof code === "string";
    const sentence = known ? message : ((error as { stack?: string }).stack ?? message);
    // Line by line: each may hold a stranger's words.
    for (const line of sentence.split("\n")) process.stderr.write(`${visible(line)}\n`);
    process.exitCode = error instanceof Stop ? error.code : exit.failed;
  },
);
