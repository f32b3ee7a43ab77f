import { bold, dim, green, red, say, sayTable, visible } from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";
import { Faults, lineOf, placed, readDocument } from "./document.js";
import { type CheckedPolicy, type Fault, Workbench } from "./workbench.js";

export const policyCheck: Command = {
  takes: "FILE…",
  files: [1, Number.POSITIVE_INFINITY],
  options: { quiet: { type: "boolean", about: "say nothing of files without faults" } },
  more: "FILE is JSON or YAML; - is JSON on the standard input. Each fault is a line that editors can\nfollow: file:line:column: what, and the JSON pointer.",
  examples: [
    ["agentlattice policy check policies.json", "before it is committed"],
    ["agentlattice policy check --json policies.yaml", "for another program"],
  ],
  async run({ files, json, flag }) {
    const workbench = await Workbench.open();
    const results: Checked[] = [];
    let worst: number = exit.fine;
    for (const path of files) {
      const { code, ...checked } = await checkFile(workbench, path);
      worst = Math.max(worst, code);
      results.push(checked);
      if (!json) sayChecked(checked, flag("quiet"));
    }
    if (json) say(JSON.stringify({ files: results }, null, 2));
    return worst;
  },
};

interface Checked {
  readonly file: string;
  readonly policies: readonly CheckedPolicy[];
  readonly faults: readonly Fault[];
}

/** That a file cannot be read is a fault too: those after it are still checked. */
async function checkFile(
  workbench: Workbench,
  path: string,
): Promise<Checked & { readonly code: number }> {
  try {
    const document = await readDocument(path);
    const { policies, faults } = check(workbench, document.json);
    const code = faults.length > 0 ? exit.found : exit.fine;
    return { file: path, policies, faults: placed(faults, document), code };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const whole = { pointer: "", message: error.message, line: 1, column: 1 };
    const faults = error instanceof Faults ? error.faults : [whole];
    return { file: path, policies: [], faults, code: error.code };
  }
}

function sayChecked({ file, policies, faults }: Checked, quiet: boolean): void {
  if (faults.length > 0) {
    for (const fault of faults) say(lineOf(fault, file));
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    say(`${red("✗")} ${bold(visible(file))} ${count}`);
  } else if (!quiet) {
    say(`${green("✓")} ${bold(visible(file))} ${policies.length} policies`);
    sayPolicies(policies);
  }
}

/** A text that is no JSON has one fault, whose place stands in its message. */
function check(workbench: Workbench, text: string): ReturnType<Workbench["check"]> {
  try {
    return workbench.check(text);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== "MALFORMED_JSON") throw error;
    const [, line = "1", column = "1"] = /line (\d+), column (\d+)/.exec(message) ?? [];
    const place = { line: Number(line), column: Number(column) };
    return { policies: [], faults: [{ pointer: "", message, ...place }] };
  }
}

function sayPolicies(policies: readonly CheckedPolicy[]): void {
  sayTable(
    [
      { title: "policy", of: ({ name }) => name },
      { title: "action type", of: ({ action_type }) => action_type },
      {
        title: "effect",
        of: ({ effect, enabled }) => (enabled ? effect : `${effect}, disabled`),
        paint: (text, { enabled }) => (enabled ? text : dim(text)),
      },
      { title: "conditions", of: ({ conditions }) => conditions || "" },
      { title: "agents", of: ({ agents }) => agents.join(", ") || "all", spare: true },
    ],
    policies,
  );
}
