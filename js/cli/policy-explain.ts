import { bold, dim, say, sayTable, visible } from "../terminal.js";
import { type Command, exit, Stop, type Words } from "./command.js";
import { paintDecision, sayConditions } from "./decision.js";
import { withDigits } from "./digits.js";
import { readDocument, withFaults } from "./document.js";
import { type Candidate, Workbench } from "./workbench.js";

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
    const document = await readDocument(words.files[0] as string);
    const workbench = await Workbench.open();
    const given = givenBy(words);
    const explained = withFaults([document], () => workbench.explain(document.json, given));
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

/** The action as JSON text. What the user wrote as JSON goes in as it stands, so that no digit is lost. */
function givenBy(words: Words): string {
  const action = words.one("action");
  if (action === undefined)
    throw new Stop(
      "policy explain: --action is missing, for instance --action pr.merge",
      exit.usage,
    );
  const members = [`"action_type":${JSON.stringify(action)}`];
  const text = (option: string, name: string): void => {
    const value = words.one(option);
    if (value !== undefined) members.push(`"${name}":${JSON.stringify(value)}`);
  };
  const raw = (option: string, name: string): void => {
    const value = words.one(option);
    if (value === undefined) return;
    try {
      JSON.parse(value);
    } catch (error) {
      throw new Stop(`policy explain: --${option}: ${(error as Error).message}`, exit.usage);
    }
    members.push(`"${name}":${value}`);
  };
  raw("metadata", "metadata");
  raw("data", "data_accessed");
  text("agent", "agent");
  text("agent-id", "agent_id");
  const delegation = words.one("delegation");
  if (delegation === undefined && words.one("depth") !== undefined)
    throw new Stop(
      "policy explain: --depth is for a sub-agent; name it with --delegation",
      exit.usage,
    );
  const depth = words.one("depth") ?? "1";
  if (!/^\d{1,9}$/.test(depth))
    throw new Stop("policy explain: --depth must be a number", exit.usage);
  if (delegation !== undefined)
    members.push(`"delegation":{"name":${JSON.stringify(delegation)},"depth":${Number(depth)}}`);
  members.push(`"at":${JSON.stringify(words.one("at") ?? new Date().toISOString())}`);
  return `{${members.join(",")}}`;
}

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
