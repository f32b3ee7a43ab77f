// What the agent does, in six steps, and how each concept of the lattice looks from the agent's side.
import { join } from "node:path";
import { AgentLattice, isDeniedError, isTimeoutError, Lattice } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { Approver, approveAlways, askAtTerminal } from "./approver.mjs";
import { LedgerPin } from "./ledger-pin.mjs";
import {
  bar,
  bold,
  columns,
  cyan,
  dim,
  green,
  json,
  red,
  Stop,
  say,
  sayField,
  sayTable,
  visible,
  wrap,
  yellow,
} from "./terminal.mjs";

const repo = "acme/shop";
const filesToChange = Array.from({ length: 68 }, (_, n) => `src/page-${n + 1}.ts`);

export async function tellStory({ folder, shown, policiesPath, policies, byItself }) {
  const store = new SqliteStore({ path: join(folder, "ledger.db") });
  const pin = new LedgerPin(store, join(folder, "checkpoint"));

  say(bold("AgentLattice: a governed agent, with its lattice in the same process\n"));
  const lattice = await Lattice.open({ store });
  const { rows, pinned } = pin.check();
  const count = rows === 0 ? "new" : `${rows} rows, continued`;
  sayField(
    "ledger",
    `${shown(join(folder, "ledger.db"))} (${count}; nothing is written elsewhere)`,
  );
  await install(lattice, policies, shown(policiesPath));
  sayField("approvals", byItself ? `answered by itself: ${byItself}` : "answered by you, here");

  const al = lattice.agent("release-bot");
  const approver = byItself
    ? new Approver(lattice, "automatic", approveAlways(byItself))
    : new Approver(lattice, "person", askAtTerminal);

  await execute(al);
  await adapt(al);
  await gate(al, lattice, approver);
  const tested = await delegate(al);
  await report(al, tested);
  await verify(al, lattice, pin, { rows, pinned });
  await lattice.close();
}

/** Makes the file's policies the lattice's own: all of them or, with a single fault, none. */
async function install(lattice, policies, path) {
  try {
    const { policies: count, changed } = await lattice.operator().replacePolicies(policies);
    sayField(
      "policies",
      `${path} (${count}, ${changed === 0 ? "unchanged" : `${changed} changed`})`,
    );
  } catch (error) {
    const faults = error.details?.faults;
    if (error.code !== "POLICY_INVALID" || faults === undefined) throw error;
    throw new Stop(
      `${path}: ${faults.length === 1 ? "one fault" : `${faults.length} faults`}; no policy was changed, no action was run`,
      faults.map(({ pointer, message }) => `${pointer || "/"} ${message}`),
    );
  }
}

async function execute(al) {
  step(1, "Execute", "What a policy allows runs at once. What no policy names is denied.");
  await attempt(al, "repo.read", { repo });
  await attempt(al, "mail.send", { to: "everyone@acme.example" });
}

async function adapt(al) {
  step(
    2,
    "Adapt",
    "A denial says which condition failed and by how much, so an agent can correct itself.",
  );
  await openPullRequests(al, filesToChange);
}

/** One pull request for all files or, where the policy finds it too large, two for the halves. */
async function openPullRequests(al, files) {
  const metadata = { repo, pr_size: files.length };
  try {
    await al.gate("pr.open", { metadata });
    sayAction("executed", "pr.open", metadata);
  } catch (error) {
    if (!isDeniedError(error) || error.reason !== "CONDITIONS_DENIED") throw error;
    sayAction("denied", "pr.open", metadata, `${error.reason} by ${error.policy}`);
    const failed = error.conditions.filter((condition) => !condition.result);
    for (const { hint } of failed) note(hint);
    if (!failed.every(({ field }) => field === "pr_size") || files.length < 2) throw error;

    const half = Math.ceil(files.length / 2);
    note(`so the agent splits its ${files.length} files into ${half} and ${files.length - half}`);
    await openPullRequests(al, files.slice(0, half));
    await openPullRequests(al, files.slice(half));
  }
}

async function gate(al, lattice, approver) {
  step(
    3,
    "Gate",
    "Some actions wait for a person, who sees exactly what will run. It runs once, or not at all.",
  );
  const metadata = { repo, pr_number: 42, into: "main" };
  try {
    const { approval } = await merge(al, lattice, approver, metadata);
    sayAction("executed", "pr.merge", metadata, `as approved by ${quoteDecision(approval)}`);
  } catch (error) {
    if (isTimeoutError(error)) {
      sayAction("denied", "pr.merge", metadata, "nobody answered in time");
    } else if (isDeniedError(error) && error.approvalId !== undefined) {
      const approval = await lattice.operator().approval(error.approvalId);
      sayAction("denied", "pr.merge", metadata, `${error.reason} by ${quoteDecision(approval)}`);
    } else throw error;
    note("so the agent leaves the branch as it is, and goes on without the merge");
  }
}

/** Asks, unless an earlier run was interrupted while it waited: then it goes on waiting for that answer. */
async function merge(al, lattice, approver, metadata) {
  const { agentId } = await al.whoami();
  const { approvals } = await lattice.operator().approvals({ status: "pending" });
  const earlier = approvals.find(
    (approval) => approval.agentId === agentId && approval.actionType === "pr.merge",
  );
  if (earlier === undefined) return al.gate("pr.merge", { metadata });
  note("an earlier run was interrupted while it waited for this; the agent goes on waiting");
  approver.answer(earlier.approvalId);
  return al.resumeGate(earlier.approvalId);
}

const quoteDecision = ({ decidedBy, reason }) =>
  `${visible(decidedBy ?? "nobody")}${reason ? `, "${visible(reason)}"` : ""}`;

async function delegate(al) {
  step(
    4,
    "Delegate",
    "Sub-agents work side by side, each with less than its parent may do, and end with their task.",
  );
  return AgentLattice.parallel(
    [
      al.delegate("reader", { capabilities: ["repo.read"], ttl: 60 }),
      al.delegate("tester", { capabilities: ["ci.*"], ttl: 60 }),
    ],
    async ([reader, tester]) => {
      const [, tested] = await Promise.all([
        attempt(reader, "repo.read", { repo, path: "docs/" }, "reader"),
        attempt(tester, "ci.run", { repo, suite: "unit" }, "tester"),
      ]);
      await attempt(tester, "pr.merge", { repo, pr_number: 42, into: "main" }, "tester");
      return tested;
    },
  );
}

async function report(al, tested) {
  step(
    5,
    "Report",
    "What came of an action is a row of its own; the log holds intent, decision and outcome.",
  );
  await al.report(tested.auditEventId, { status: "success", message: "212 tests passed" });
  say(`  ${green("✓")} ci.run ${dim("reported:")} success, "212 tests passed"`);
}

async function verify(al, lattice, pin, { rows, pinned }) {
  step(
    6,
    "Verify",
    "The agent recomputes the whole log itself; it never takes the lattice's word for it.",
  );
  const verdict = await al.verify();
  if (!verdict.chainValid) {
    throw new Stop(
      `the audit log is ${verdict.damage} at row ${verdict.firstBrokenAtRowId}: ${verdict.message}`,
    );
  }
  pin.check();
  pin.save(verdict.checkpoint);
  say(`  ${green("✓")} chain and tree of all ${verdict.rowsChecked} rows recomputed`);
  say(
    pinned === 0
      ? `  ${green("✓")} checkpoint pinned; the next run must extend these ${verdict.rowsChecked} rows`
      : `  ${green("✓")} it extends the ${pinned} rows pinned last time; pinned anew`,
  );
  sayPosture(await al.posture());
  say(`\n${bold("Trail of this run")} ${dim("(rows of the ledger)")}\n`);
  sayTrail(await trailSince(lattice.operator(), rows));
}

function sayPosture({ score, components }) {
  say(`\n${bold("Posture")} ${score} of 100\n`);
  for (const [name, { score: points, max, part, whole, counted }] of Object.entries(components)) {
    const title = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).padEnd(18);
    const line = `  ${title} ${bar(points, max)} ${`${points}/${max}`.padStart(5)}`;
    say(
      columns() >= 100
        ? `${line}  ${dim(`${part} of ${whole}: ${counted.replace(/^of \d+: /, "")}`)}`
        : line,
    );
  }
}

async function trailSince(operator, firstRow) {
  const events = [];
  for (let cursor; ; ) {
    const page = await operator.audit({ cursor, limit: 100 });
    events.push(...page.events);
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined || Number(cursor) <= firstRow) break;
  }
  return events.filter(({ rowId }) => rowId >= firstRow).reverse();
}

function sayTrail(events) {
  const facts = (event) => event.facts ?? {};
  const subAgents = new Map(
    events
      .filter(({ type }) => type === "delegation.created")
      .map((event) => [facts(event).delegation_id, facts(event).name]),
  );
  const who = (event) => {
    if (event.type === "approval.decided") return facts(event).operator_name;
    const id = facts(event).delegation_chain?.at(-1);
    return (id && subAgents.get(id)) ?? event.agentName ?? facts(event).by ?? "";
  };
  const about = (event) =>
    event.actionType ?? facts(event).name ?? subAgents.get(facts(event).delegation_id) ?? "";
  const why = (event) =>
    facts(event).denial_reason ??
    event.opened?.reason ??
    event.opened?.message ??
    facts(event).policy_name ??
    facts(event).capabilities?.join(", ") ??
    "";
  sayTable(
    [
      { title: "row", of: ({ rowId }) => String(rowId), paint: dim },
      { title: "time", of: ({ timestamp }) => timestamp.slice(11, 19), paint: dim, spare: true },
      { title: "what", of: ({ type }) => type, paint: (text, event) => colourOf(event)(text) },
      { title: "who", of: who },
      { title: "about", of: about },
      { title: "why", of: why, paint: dim },
    ],
    events,
  );
}

const colourOf = ({ type, status }) =>
  type === "action.denied" || status === "denied"
    ? red
    : type === "action.requested"
      ? yellow
      : type.startsWith("action.") || status === "approved"
        ? green
        : (text) => text;

/** Submits an action and shows what became of it. */
async function attempt(agent, actionType, metadata, name) {
  const result = await agent.execute(actionType, { metadata });
  const policy = result.policyName && `by ${result.policyName}`;
  const why = [result.denialReason, policy].filter(Boolean).join(" ");
  sayAction(result.status, actionType, metadata, why, name);
  return result;
}

const columnOfOutcomes = 48;
const marks = { executed: green("✓"), requested: yellow("…"), denied: red("✗") };

/** On one line where there is room, else on two. */
function sayAction(status, actionType, metadata, why = "", name = "") {
  const facts = json(metadata);
  const outcome = `${status} ${why}`.trimEnd();
  const paint = status === "denied" ? red : green;
  const subject = `${name && `${cyan(name)} `}${bold(actionType)} ${dim(facts)}`;
  const width = 4 + (name ? name.length + 1 : 0) + actionType.length + 1 + facts.length;
  const gap = Math.max(2, columnOfOutcomes - width);
  if (width + gap + outcome.length <= columns()) {
    say(`  ${marks[status]} ${subject}${" ".repeat(gap)}${paint(outcome)}`);
  } else {
    say(`  ${marks[status]} ${subject}`);
    note(outcome, paint);
  }
}

function note(text, paint = dim) {
  for (const line of wrap(visible(text), columns() - 6)) say(`      ${paint(line)}`);
}

function step(number, title, sentence) {
  const [first, ...rest] = wrap(`${number} ${title}. ${sentence}`, columns());
  say(`\n${bold(`${number} ${title}.`)}${first.slice(title.length + 3)}`);
  for (const line of rest) say(`  ${line}`);
}
