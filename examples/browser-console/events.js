// The live stream: what has just happened, the newest first.

import { clock, element } from "./text.js";

const shown_max = 200;
const section = document.querySelector("#events");
const list = section.querySelector("ol");

const moods = {
  "action.executed": "good",
  "action.denied": "bad",
  "approval.requested": "wait",
  "approval.expired": "bad",
  "enforcement.triggered": "bad",
  "anomaly.detected": "bad",
};

/** Adds one event. `nameOf` gives an agent's name. */
export function showEvent({ seq, eventType, agentId, timestamp, data }, nameOf) {
  section.querySelector(".empty").hidden = true;
  const what = [data.action_type ?? data.name, data.denial_reason ?? data.decision];
  list.prepend(
    element(
      "li",
      { "data-seq": seq },
      element("time", { datetime: timestamp }, clock(timestamp)),
      element("span", { class: moods[eventType] ?? "" }, eventType),
      // A name that is not known yet is filled in when it is.
      element("span", { "data-agent": agentId }, nameOf(agentId)),
      element("span", {}, what.filter(Boolean).join(" · ")),
    ),
  );
  while (list.childElementCount > shown_max) list.lastElementChild.remove();
}
