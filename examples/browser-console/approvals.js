// Pending approvals: exactly what will run, and the person's word on it.

import { clock, element, json, plain } from "./text.js";

const section = document.querySelector("#approvals");
const list = section.querySelector("ol");
const template = document.querySelector("#card");

/** Shows what waits, and goes on doing so: `refresh` is called whenever something about approvals has happened. */
export function showApprovals(operator) {
  const cards = new Map();
  let asked = 0;

  return async function refresh() {
    const turn = ++asked;
    const { approvals } = await operator.approvals({ limit: 100 });
    if (turn !== asked) return; // A later answer is on its way.
    const waiting = new Set(approvals.map(({ approvalId }) => approvalId));
    for (const [id, card] of cards) {
      if (waiting.has(id)) continue;
      card.remove();
      cards.delete(id);
    }
    for (const approval of approvals) {
      if (cards.has(approval.approvalId)) continue;
      const card = cardOf(approval, operator);
      cards.set(approval.approvalId, card);
      list.append(card);
    }
    section.querySelector(".count").textContent = cards.size || "";
    section.querySelector(".empty").hidden = cards.size > 0;
  };
}

function cardOf(approval, operator) {
  const card = template.content.firstElementChild.cloneNode(true);
  const { actionType, agentName, agentId, policyName, delegationId, digest, timeoutAt } = approval;
  card.dataset.approval = approval.approvalId;
  card.querySelector("h3").textContent = plain(actionType);
  card.querySelector(".who").textContent = plain(
    `${agentName ?? agentId}${delegationId ? ` by delegation ${delegationId}` : ""} asks, under “${policyName}”, until ${clock(timeoutAt)}`,
  );
  const { metadata = {}, dataAccessed } = approval;
  card.querySelector(".what").textContent = json(
    dataAccessed === undefined ? metadata : { metadata, dataAccessed },
  );
  const conditions = approval.conditionsEvaluated ?? [];
  card.querySelector(".conditions").append(...conditions.map(conditionRow));
  card.querySelector(".digest").textContent = `digest ${digest}`;
  card.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void decide(card, approval.approvalId, event.submitter.value, operator);
  });
  return card;
}

const conditionRow = ({ field, operator, expected, actual, result, hint }) =>
  element(
    "tr",
    { class: result ? "good" : "bad" },
    element("td", {}, result ? "✓" : "✗"),
    element("td", {}, `${field} ${operator} ${JSON.stringify(expected)}`),
    element("td", {}, `it is ${JSON.stringify(actual ?? null)}`),
    element("td", {}, hint ?? ""),
  );

async function decide(card, approvalId, decision, operator) {
  const form = card.querySelector("form");
  const reason = form.elements.namedItem("reason").value.trim() || undefined;
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    await operator[decision](approvalId, reason);
  } catch (error) {
    card.querySelector(".problem").textContent = plain(`${error.code}: ${error.message}`);
    for (const button of buttons) button.disabled = false;
  }
}
