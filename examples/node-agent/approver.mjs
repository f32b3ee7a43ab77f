// The person's side: shows what an agent asks for, and carries the answer to the lattice.
import { createInterface } from "node:readline/promises";
import { isTimeoutError } from "@agentlattice/wasm";
import { bold, columns, dim, json, pad, say, visible, wrap, yellow } from "./terminal.mjs";

const typeahead_ms = 50;

/**
 * Answers the approvals of `lattice` one after the other, as they are asked. `decide(approval, signal)` gives `{ decision,
 * reason }`; the signal is aborted when the approval ends before that.
 */
export class Approver {
  #operator;
  #decide;
  #answers = Promise.resolve();
  #open = new Map();

  constructor(lattice, operatorName, decide) {
    this.#operator = lattice.operator(operatorName);
    this.#decide = decide;
    lattice.onEvent(({ eventType, data }) => {
      if (eventType === "approval.requested") this.answer(data.approval.approval_id);
      if (eventType === "approval.expired") this.#open.get(data.approval_id)?.abort();
    });
  }

  /** Answers one approval, after those that came before it. */
  answer(approvalId) {
    this.#answers = this.#answers.then(() => this.#answer(approvalId));
  }

  async #answer(approvalId) {
    const ended = new AbortController();
    this.#open.set(approvalId, ended);
    try {
      const approval = await this.#operator.approval(approvalId);
      if (approval.status !== "pending") return;
      showApproval(approval);
      const { decision, reason } = await this.#decide(approval, ended.signal);
      await this.#operator[decision](approvalId, reason);
    } catch (error) {
      if (!ended.signal.aborted && !isTimeoutError(error)) throw error;
      say(`\n  ${yellow("!")} too late: the approval has expired`);
    } finally {
      this.#open.delete(approvalId);
    }
  }
}

/** Exactly what will run, whole: what is asked was written by an agent and is not to be trusted on a terminal. */
function showApproval(approval) {
  const minutes = Math.round((Date.parse(approval.timeoutAt) - Date.now()) / 60_000);
  const fields = {
    action: bold(visible(approval.actionType)),
    agent: visible(approval.agentName ?? approval.agentId),
    metadata: json(approval.metadata ?? {}),
    ...(approval.dataAccessed && { data: json(approval.dataAccessed) }),
    policy: visible(approval.policyName ?? "?"),
    digest: approval.digest,
    until: `${approval.timeoutAt.slice(11, 19)} UTC, ${minutes} minutes from now`,
  };
  say(`  ${yellow("…")} ${fields.agent} asks, and waits:`);
  for (const [label, text] of Object.entries(fields)) {
    wrap(text, columns() - 16).forEach((line, index) => {
      say(`  ${yellow("│")} ${dim(pad(index === 0 ? label : "", 10))}${line}`);
    });
  }
}

/** Asks at the terminal. Whoever closes it instead of answering has denied. */
export async function askAtTerminal(approval, signal) {
  await dropTypeahead();
  const readline = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is in raw mode here: Ctrl-C arrives as a key.
  readline.on("SIGINT", () => process.emit("SIGINT"));
  const closed = new Promise((resolve) => readline.once("close", () => resolve(undefined)));
  const ask = (question) => Promise.race([readline.question(question, { signal }), closed]);
  try {
    for (;;) {
      const answer = await ask(
        `  ${yellow("?")} Shall ${bold(visible(approval.actionType))} run? ${dim("y/n")} `,
      );
      if (answer === undefined) {
        say();
        return { decision: "deny", reason: "the terminal was closed without an answer" };
      }
      const decision = { y: "approve", n: "deny" }[
        answer
          .trim()
          .toLowerCase()
          .replace(/^(yes|no)$/, (w) => w[0])
      ];
      if (decision === undefined) {
        say(`    Please answer y or n.`);
        continue;
      }
      const reason = (
        await ask(`  ${yellow("?")} Why? ${dim("for the record; may be empty")} `)
      )?.trim();
      return { decision, reason: reason || undefined };
    }
  } finally {
    readline.close();
  }
}

/** Throws away what was typed before the question was there to be read. */
async function dropTypeahead() {
  const { stdin } = process;
  const drop = (chunk) => chunk.includes(3) && process.emit("SIGINT");
  stdin.setRawMode(true);
  stdin.on("data", drop);
  stdin.resume();
  await new Promise((resolve) => setTimeout(resolve, typeahead_ms));
  stdin.off("data", drop);
  stdin.pause();
  stdin.setRawMode(false);
}

/** Says yes to everything, and says so. */
export const approveAlways = (why) => async () => {
  say(`  ${yellow("│")} ${dim("answered by itself, with yes:")} ${why}`);
  return { decision: "approve", reason: `answered by itself: ${why}` };
};
