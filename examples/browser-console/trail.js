// The audit trail, and what its verification says.

import { clock, element, plain } from "./text.js";

const section = document.querySelector("#audit");
const body = section.querySelector("tbody");
const finding = section.querySelector("#finding");
const rows_max = 200;

/** Shows rows, the newest first; `chosen` hears of the one that was clicked. */
export function showTrail(events, nameOf, chosen) {
  const before = body.querySelector(".chosen")?.dataset.row;
  body.replaceChildren(...events.slice(0, rows_max).map((event) => rowOf(event, nameOf)));
  for (const row of body.children) {
    row.classList.toggle("chosen", row.dataset.row === before);
    row.addEventListener("click", () => {
      body.querySelector(".chosen")?.classList.remove("chosen");
      row.classList.add("chosen");
      chosen(Number(row.dataset.row));
    });
  }
}

function rowOf({ rowId, timestamp, type, agentId, facts = {} }, nameOf) {
  const { action_type, denial_reason, decision, operator_name, name, status } = facts;
  const details = [action_type ?? name, denial_reason ?? decision ?? status, operator_name];
  return element(
    "tr",
    { "data-row": rowId },
    element("td", {}, String(rowId)),
    element("td", {}, element("time", { datetime: timestamp }, clock(timestamp))),
    element("td", {}, type ?? ""),
    element("td", {}, nameOf(agentId)),
    element("td", {}, details.filter(Boolean).join(" · ")),
  );
}

/** What was found, in words; a damaged row is marked. */
export function showFinding({ chainValid, message, rowsChecked, firstBrokenAtRowId, damage }) {
  for (const row of body.querySelectorAll(".damaged")) row.classList.remove("damaged");
  finding.className = chainValid ? "good" : "bad";
  finding.textContent = chainValid
    ? `Recomputed here from ${rowsChecked} rows: the chain holds, and the tree adds up to the checkpoint.`
    : plain(`${damage}: ${message}`);
  if (chainValid) return;
  const row = body.querySelector(`[data-row="${firstBrokenAtRowId}"]`);
  row?.classList.add("damaged");
  row?.scrollIntoView({ block: "nearest" });
}
