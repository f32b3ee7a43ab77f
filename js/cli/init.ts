import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bold, cyan, green, say, visible } from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";

export const init: Command = {
  takes: "[FOLDER]",
  files: [0, 1],
  options: {},
  more: "Never overwrites: where one of the files is there already, nothing is written.",
  examples: [
    ["agentlattice init", "in this folder"],
    ["agentlattice init governance", "in another, made where it is missing"],
  ],
  async run({ files, json }) {
    const folder = files[0] ?? ".";
    const paths = Object.keys(starters).map((name) => join(folder, name));
    const there = paths.filter((path) => existsSync(path));
    if (there.length > 0)
      throw new Stop(`${there.join(" and ")} exists already; nothing was written`, exit.failed);
    try {
      mkdirSync(folder, { recursive: true });
      // "wx": another program that was quicker is not overwritten either.
      for (const [name, content] of Object.entries(starters))
        writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`, { flag: "wx" });
    } catch (error) {
      throw new Stop(`cannot write to ${folder}: ${(error as Error).message}`);
    }
    if (json) {
      say(JSON.stringify({ written: paths }, null, 2));
    } else {
      for (const path of paths) say(`${green("✓")} wrote ${bold(visible(path))}`);
      say(`\nNext: ${cyan(`npx @agentlattice/wasm policy test ${visible(paths[1] as string)}`)}`);
    }
    return exit.fine;
  },
};

const starters: Readonly<Record<string, object>> = {
  "policies.json": {
    policies: [
      {
        name: "reading-is-free",
        description: "Whatever no policy names is denied.",
        action_type: "repo.read",
        effect: "allow",
      },
      {
        name: "small-pull-requests",
        description: "All conditions must hold; otherwise the answer names those that do not.",
        action_type: "pr.open",
        effect: "conditional",
        on_fail: "deny",
        conditions: [{ field: "pr_size", operator: "lt", value: 50 }],
      },
      {
        name: "merging-needs-a-person",
        description: "The agent waits until an operator decides, at most an hour.",
        action_type: "pr.merge",
        effect: "require_approval",
        approval: { timeout_seconds: 3600, quorum: 1 },
      },
    ],
  },
  "policies.test.json": {
    policies: "policies.json",
    tests: [
      {
        name: "anyone may read",
        given: { action_type: "repo.read" },
        expect: { decision: "allow", policy: "reading-is-free" },
      },
      {
        name: "a small pull request passes",
        given: { action_type: "pr.open", metadata: { pr_size: 12 } },
        expect: { decision: "allow" },
      },
      {
        name: "a large one does not",
        given: { action_type: "pr.open", metadata: { pr_size: 68 } },
        expect: {
          decision: "deny",
          reason: "CONDITIONS_DENIED",
          conditions: [{ field: "pr_size", actual: 68, result: false }],
        },
      },
      {
        name: "merging waits for a person",
        given: { action_type: "pr.merge" },
        expect: { decision: "require_approval" },
      },
      {
        name: "what no policy names is denied",
        given: { action_type: "mail.send" },
        expect: { decision: "deny", reason: "NO_MATCHING_POLICY", policy: null },
      },
    ],
  },
};
