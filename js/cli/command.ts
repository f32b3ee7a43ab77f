// What a command of the `agentlattice` program is, how its words are read, and what its end means to a script.

import { parseArgs } from "node:util";
import { visible } from "../terminal.js";

/** The program's exit codes. */
export const exit = {
  /** All is well. */
  fine: 0,
  /** It was looked at, and something is the matter: a fault, a failed test, a denial, a change, damage. */
  found: 1,
  /** The words of the command make no sense. */
  usage: 2,
  /** It could not be done: a file that cannot be read, a server that cannot be reached. */
  failed: 3,
} as const;

/** A failure that is told in one sentence: what, where, what to do. */
export class Stop extends Error {
  /** What the program exits with. */
  readonly code: number;

  constructor(sentence: string, code: number = exit.failed) {
    super(sentence);
    this.code = code;
  }
}

export interface Option {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly about: string;
  readonly multiple?: boolean;
}

export interface Words {
  readonly files: readonly string[];
  readonly json: boolean;
  /** The values of an option, in order; empty where it was not given. */
  all(option: string): readonly string[];
  one(option: string): string | undefined;
  flag(option: string): boolean;
}

export interface Command {
  /** For instance `FILE…`. */
  readonly takes: string;
  /** How many files it takes. */
  readonly files: readonly [min: number, max: number];
  readonly options: Readonly<Record<string, Option>>;
  /** More about it, and examples, each a command line and what it does. */
  readonly more?: string;
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** Gives the exit code. */
  run(words: Words): Promise<number>;
}

const common: Readonly<Record<string, Option>> = {
  json: { type: "boolean", about: "print JSON, for programs" },
  help: { type: "boolean", about: "print this" },
};

export function readWords(name: string, command: Command, args: readonly string[]): Words | "help" {
  const known = { ...command.options, ...common };
  const options = Object.fromEntries(
    Object.entries(known).map(([option, { type, multiple = false }]) => [
      option,
      { type, multiple, ...(option === "help" ? { short: "h" } : {}) },
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    }) as typeof parsed;
  } catch (error) {
    // The first sentence; the second tells how to pass an option's text as a file.
    throw usage(name, (error as Error).message.replace(/\. .*$/s, ""));
  }
  const { values, positionals: files } = parsed;
  const { json, help } = values;
  if (help === true) return "help";
  const [min, max] = command.files;
  if (files.length < min) throw usage(name, `it takes ${command.takes}`);
  if (files.length > max) throw usage(name, `"${files[max]}" is one word too many`);
  return {
    files,
    json: json === true,
    all: (option) => [values[option] ?? []].flat() as string[],
    one: (option) => ([values[option]].flat() as (string | undefined)[]).at(-1),
    flag: (option) => values[option] === true,
  };
}

const usage = (name: string, what: string): Stop =>
  new Stop(`${name}: ${visible(what)}; see agentlattice ${name} --help`, exit.usage);

export function helpOf(name: string, about: string, command: Command): string {
  const options = Object.entries({ ...command.options, ...common }).map(
    ([option, { value, about: does }]) => [`--${option}${value ? ` ${value}` : ""}`, does] as const,
  );
  const width = Math.max(...options.map(([left]) => left.length));
  return [
    about,
    "",
    `Usage: agentlattice ${[name, command.takes, "[OPTIONS]"].filter(Boolean).join(" ")}`,
    ...(command.more ? ["", command.more] : []),
    "",
    "Options:",
    ...options.map(([left, does]) => `  ${left.padEnd(width)}  ${does}`),
    "",
    "Examples:",
    ...command.examples.flatMap(([line, does]) => [`  # ${does}`, `  ${line}`]),
  ].join("\n");
}
