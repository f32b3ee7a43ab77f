import { bold, dim, green, red, say, sayTable, visible } from "../terminal.js";
import { type Command, exit } from "./command.js";
import { lineOf, placed, readDocument } from "./document.js";
import { type CheckedPolicy, Workbench } from "./workbench.js";

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
    const results = [];
    for (const path of files) {
      const document = await readDocument(path);
      const { policies, faults } = check(workbench, document.json);
      results.push({ file: path, policies, faults: placed(faults, document) });
      if (json) continue;
      if (faults.length > 0) {
        for (const fault of placed(faults, document)) say(lineOf(fault, document));
        const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
        say(`${red("✗")} ${bold(visible(path))} ${count}`);
      } else if (!flag("quiet")) {
        say(`${green("✓")} ${bold(visible(path))} ${policies.length} policies`);
        sayPolicies(policies);
      }
    }
    if (json) say(JSON.stringify({ files: results }, null, 2));
    return results.some(({ faults }) => faults.length > 0) ? exit.found : exit.fine;
  },
};

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
