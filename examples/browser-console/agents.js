// Agents that live in this page, for somebody who wants to see what a lattice does. Hostile input included.

import { element, plain } from "./text.js";

const section = document.querySelector("#agents");
const outcomes = section.querySelector(".outcomes");

const intents = [
  ["Open a small pull request", "release-bot", "pr.open", { pr_number: 41, pr_size: 12 }],
  ["Open a large one", "release-bot", "pr.open", { pr_number: 42, pr_size: 68 }],
  ["Merge", "release-bot", "pr.merge", { pr_number: 41, repo: "acme/backend", branch: "main" }],
  ["Refund €15", "support-bot", "payment.refund", { order: "A-1009", amount_cents: 1500 }],
  ["Refund €480", "support-bot", "payment.refund", { order: "A-1010", amount_cents: 48000 }],
  [
    "Try to deceive",
    "support-bot",
    "payment.refund",
    { order: "<img src=x onerror=alert(1)>\u202eA-1011", amount_cents: 990000 },
  ],
  ["Drop a database", "release-bot", "db.drop", { database: "production" }],
];

export function showAgents(place) {
  if (place.agent === undefined) {
    section.hidden = true;
    return;
  }
  const buttons = intents.map(([label, ...intent]) => {
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => void act(place.agent(intent[0]), ...intent));
    return button;
  });
  section.querySelector(".intents").append(...buttons);
}

async function act(agent, name, actionType, metadata) {
  const line = element("li", { class: "wait" }, `${name} · ${actionType} · waiting`);
  outcomes.prepend(line);
  try {
    const { approval } = await agent.gate(actionType, { metadata });
    const by = approval ? `approved by ${approval.decidedBy}` : "allowed by policy";
    const why = approval?.reason ? `: ${approval.reason}` : "";
    tell(line, "good", `${name} · ${actionType} · ${by}${why}`);
  } catch (error) {
    const hints = (error.conditions ?? []).map(({ hint }) => hint).filter(Boolean);
    const why = [error.reason ?? error.code, ...hints].join(" · ");
    tell(line, "bad", `${name} · ${actionType} · ${why}`);
  }
}

function tell(line, mood, text) {
  line.className = mood;
  line.textContent = plain(text);
}
