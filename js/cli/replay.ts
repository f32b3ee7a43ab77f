import { bold, dim, green, say, sayTable, yellow } from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";
import { paintDecision } from "./decision.js";
import { withDigits } from "./digits.js";
import { readDocument, withFaults } from "./document.js";
import { noRows, openLedger } from "./ledger-source.js";
import { Progress } from "./progress.js";
import { type Redecision, type ReplaySummary, type Ruling, Workbench } from "./workbench.js";

/** Shown of those that changed, unless all are asked for. */
const shown_max = 20;

export const replay: Command = {
  takes: "LEDGER",
  files: [1, 1],
  options: {
    policies: { type: "string", value: "FILE", about: "the other policies (required)" },
    all: { type: "boolean", about: `show every change, not the first ${shown_max}` },
    grounds: {
      type: "boolean",
      about: "also show the same outcome for another reason or by another policy",
    },
  },
  more: [
    "LEDGER is a SQLite file, which is only read, JSON lines (agentlattice export; - is the standard input), or the URL",
    "of a server, whose key comes from AL_API_KEY or the standard input. Each action is decided as it was: its time,",
    "agent, delegation, metadata. What was redacted is undecidable. Exits with 1 where an outcome would change or nobody can say.",
    "With --json: one line for each such decision, then the summary.",
  ].join("\n"),
  examples: [
    [
      "agentlattice replay ledger.db --policies next.json",
      "before new policies are put into force",
    ],
    [
      "AL_API_KEY=… agentlattice replay https://lattice.example.com --policies next.yaml --json",
      "against a server",
    ],
  ],
  async run({ files, json, one, flag }) {
    const path = one("policies");
    if (path === undefined) throw new Stop("replay: --policies is missing", exit.usage);
    const policies = await readDocument(path);
    const workbench = await Workbench.open();
    withFaults([policies], () => workbench.beginReplay(policies.json));
    const ledger = await openLedger(files[0] as string);
    const progress = new Progress("replaying", ledger.total);
    const kept: Redecision[] = [];
    for await (const rows of ledger.rows) {
      for (const again of workbench.replayRows(rows)) {
        if (again.change === "other_grounds" && !flag("grounds")) continue;
        if (json) say(withDigits(JSON.stringify({ decision: again })));
        else if (flag("all") || kept.length < shown_max) kept.push(again);
      }
      progress.add(rows.length);
    }
    progress.end();
    const summary = workbench.endReplay();
    if (json) say(JSON.stringify({ summary }));
    if (summary.rows === 0) throw noRows(files[0] as string);
    if (!json) saySummary(summary, kept, flag("grounds"));
    return summary.changed + summary.undecidable > 0 ? exit.found : exit.fine;
  },
};

const textOf = ({ outcome, reason }: Ruling): string =>
  reason === undefined ? outcome : `${outcome}, ${reason}`;

function saySummary(summary: ReplaySummary, kept: readonly Redecision[], grounds: boolean): void {
  if (kept.length > 0) {
    sayTable(
      [
        { title: "row", of: ({ row_id }) => row_id },
        { title: "when", of: ({ timestamp }) => timestamp.replace(/\.\d+Z$/, "Z"), spare: true },
        {
          title: "agent",
          of: ({ agent_name, delegation_name }) =>
            delegation_name ? `${agent_name} ▸ ${delegation_name}` : agent_name,
        },
        { title: "action", of: ({ action_type }) => action_type },
        {
          title: "was",
          of: ({ before }) => textOf(before),
          paint: (text, { before }) => paintDecision(text, before.outcome),
        },
        {
          title: "would be",
          of: ({ after }) => (after ? textOf(after) : "undecidable: redacted"),
          paint: (text, { after }) => paintDecision(text, after?.outcome ?? "requested"),
        },
        { title: "by policy", of: ({ after }) => after?.policy ?? "" },
      ],
      kept,
    );
    const total = summary.changed + summary.undecidable + (grounds ? summary.other_grounds : 0);
    if (total > kept.length) say(dim(`  … and ${total - kept.length} more; --all shows them`));
    say();
  }
  const counts: [string, number, string][] = [
    ["unchanged", summary.unchanged, "the same outcome, by the same policy"],
    [
      "other grounds",
      summary.other_grounds,
      "the same outcome, by another policy or for another reason",
    ],
    ["changed", summary.changed, ""],
    [
      "undecidable",
      summary.undecidable,
      "what the policies ask for was redacted, or is not shown to this key",
    ],
    ["not asked", summary.not_asked, "denied before any policy was asked: delegation, scope, halt"],
  ];
  if (summary.actions > 0)
    sayTable(
      [
        { title: "decisions", of: ([name]) => name },
        { title: "   count", of: ([, count]) => String(count).padStart(8) },
        { title: "what it means", of: ([, , about]) => about, paint: dim },
      ],
      counts.filter(([, count]) => count > 0),
    );
  for (const { before, after, count } of summary.transitions)
    say(
      `    ${paintDecision(before, before)} → ${paintDecision(after, after)}  ${bold(String(count))}`,
    );
  say();
  const found = summary.changed + summary.undecidable;
  const rows = `${summary.actions} actions in ${summary.rows} rows`;
  say(
    found === 0
      ? `${green("✓")} ${bold("no outcome changes")}  ${dim(rows)}`
      : `${yellow("!")} ${bold(`${summary.changed} would change, ${summary.undecidable} undecidable`)}  ${dim(rows)}`,
  );
}
