import { bold, dim, say, sayTable, visible } from "../terminal.js";
import { type Command, exit, Stop, type Words } from "./command.js";
import { paintDecision, sayConditions } from "./decision.js";
import { withDigits } from "./digits.js";
import { readDocument, withFaults } from "./document.js";
import { type Candidate, type Fault, Workbench } from "./workbench.js";

export const policyExplain: Command = {
  takes: "FILE",
  files: [1, 1],
  options: {
    action: { type: "string", value: "TYPE", about: "the action type, for instance pr.merge" },
    metadata: { type: "string", value: "JSON", about: "what the agent says about the action" },
    data: { type: "string", value: "JSON", about: "data_accessed, an array" },
    agent: { type: "string", value: "NAME", about: "the agent's name" },
    "agent-id": { type: "string", value: "ID", about: "the agent's id; default: its name" },
    delegation: { type: "string", value: "NAME", about: "the name of the sub-agent that asks" },
    depth: { type: "string", value: "N", about: "how deep that sub-agent is; default: 1" },
    at: { type: "string", value: "TIME", about: "RFC 3339; default: now" },
  },
  more: "Exits with 0 where the action is allowed, with 1 where it is denied or needs approval.",
  examples: [
    [
      `agentlattice policy explain policies.json --action pr.open --metadata '{"pr_size": 68}'`,
      "which condition stands in the way",
    ],
    [
      "agentlattice policy explain policies.json --action deploy.web --at 2026-01-31T03:00:00Z",
      "at night",
    ],
  ],
  async run(words) {
    const workbench = await Workbench.open();
    const action = actionOf(workbench, words);
    const document = await readDocument(words.files[0] as string);
    const explained = withFaults([document], () => workbench.explain(document.json, action));
    if (words.json) {
      say(withDigits(JSON.stringify(explained, null, 2)));
    } else {
      const { decision, reason, policy, nearest, candidates, conditions_evaluated } = explained;
      const by = policy ? `policy ${bold(visible(policy))}` : "no policy";
      say(`${bold(paintDecision(decision, decision))}  ${by}${reason ? dim(`  ${reason}`) : ""}`);
      if (nearest) say(dim(`  nearest: policy ${visible(nearest)}`));
      say();
      sayConditions(conditions_evaluated);
      sayCandidates(candidates);
    }
    return explained.decision === "allow" ? exit.fine : exit.found;
  },
};

interface Given {
  readonly option: string;
  /** Where the kernel finds what the option says. */
  readonly pointer: string;
  /** A member of the action, as JSON text. */
  readonly member: string;
}

/** The action as JSON text. Throws a Stop that names the option where one of them is wrong. */
function actionOf(workbench: Workbench, words: Words): string {
  const given = givenBy(words);
  for (const each of given) check(workbench, each);
  return `{${given.map(({ member }) => member).join(",")}}`;
}

/** By option. What the user wrote as JSON goes in as it stands, so that no digit is lost. */
function givenBy(words: Words): Given[] {
  if (words.one("action") === undefined)
    throw usage("--action is missing, for instance --action pr.merge");
  const given: Given[] = [];
  const text = (option: string, name: string, value = words.one(option)): void => {
    if (value !== undefined)
      given.push({ option, pointer: `/${name}`, member: `"${name}":${JSON.stringify(value)}` });
  };
  const raw = (option: string, name: string): void => {
    const value = words.one(option);
    if (value === undefined) return;
    try {
      JSON.parse(value);
    } catch (error) {
      throw usage(`--${option}: ${(error as Error).message}`);
    }
    given.push({ option, pointer: `/${name}`, member: `"${name}":${value}` });
  };
  text("action", "action_type");
  raw("metadata", "metadata");
  raw("data", "data_accessed");
  text("agent", "agent");
  text("agent-id", "agent_id");
  text("at", "at", words.one("at") ?? new Date().toISOString());
  return [...given, ...delegationBy(words)];
}

function delegationBy(words: Words): Given[] {
  const name = words.one("delegation");
  const depth = words.one("depth");
  if (depth !== undefined && name === undefined)
    throw usage("--depth is for a sub-agent; name it with --delegation");
  if (depth !== undefined && !/^\d{1,9}$/.test(depth)) throw usage("--depth must be a number");
  if (name === undefined) return [];
  const delegation = { name, depth: Number(depth ?? 1) };
  const member = `"delegation":${JSON.stringify(delegation)}`;
  return [
    { option: depth === undefined ? "delegation" : "depth", pointer: "/delegation/depth", member },
  ];
}

interface Refusal {
  readonly code?: string;
  readonly message: string;
  readonly details?: { readonly faults?: readonly Fault[] };
}

/** What the kernel refuses where there are no policies is no fault of theirs. */
function check(workbench: Workbench, { option, pointer, member }: Given): void {
  const action = option === "action" ? "" : '"action_type":"x",';
  try {
    workbench.explain("[]", `{${action}${member}}`);
  } catch (error) {
    const { code, message, details } = error as Refusal;
    if (code !== "INVALID_ARGUMENT" && code !== "MALFORMED_JSON") throw error;
    const told = details?.faults?.map(
      (fault) => `${fault.pointer.slice(pointer.length)} ${fault.message}`,
    );
    throw usage(`--${option}${told?.join("; ") ?? `: ${message}`}`);
  }
}

const usage = (what: string): Stop => new Stop(`policy explain: ${what}`, exit.usage);

function sayCandidates(candidates: readonly Candidate[]): void {
  if (candidates.length === 0) {
    say(dim("  No policy is for this action and agent."));
    return;
  }
  say(dim("  In the order in which they are asked:"));
  sayTable(
    [
      { title: "", of: ({ decides }) => (decides ? "▸" : "") },
      {
        title: "policy",
        of: ({ policy }) => policy,
        paint: (text, row) => (row.decides ? bold(text) : text),
      },
      { title: "action type", of: ({ action_type }) => action_type },
      {
        title: "effect",
        of: ({ effect, on_fail }) => (on_fail ? `${effect}, else ${on_fail}` : effect),
      },
      {
        title: "conditions",
        of: ({ outcome, conditions_evaluated }) =>
          conditions_evaluated.length === 0 && outcome === "holds" ? "none" : outcome,
      },
      { title: "agents", of: ({ agents }) => agents.join(", ") || "all", spare: true },
    ],
    candidates,
  );
}
