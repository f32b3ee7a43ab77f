// The console: opens a lattice, shows what it knows, and carries a person's word to it.

import { showAgents } from "./agents.js";
import { showApprovals } from "./approvals.js";
import { showEvent } from "./events.js";
import { openPlace } from "./place.js";
import { element, plain } from "./text.js";
import { showFinding, showTrail } from "./trail.js";

const trail_rows = 200;
const $ = (selector) => document.querySelector(selector);
const names = new Map();
const nameOf = (agentId) => names.get(agentId) ?? agentId ?? "";

function say(mood, text) {
  $("#verdict").className = mood;
  $("#verdict").textContent = plain(text);
}

function showFacts(facts) {
  $("#facts").replaceChildren(
    ...Object.entries(facts).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, String(value))),
    ),
  );
}

/** At most one at a time, and once more where it was asked for meanwhile. */
function one(work) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await work().catch((error) => say("bad", `${error.code ?? error.name}: ${error.message}`));
    } while (again);
    running = false;
  };
}

async function start() {
  const place = await openPlace(askForKey);
  const { operator } = place;
  const approvals = one(showApprovals(operator));
  const trail = one(async () => {
    const { events } = await operator.audit({ limit: trail_rows });
    for (const { agentId, agentName } of events) if (agentName) names.set(agentId, agentName);
    for (const shown of document.querySelectorAll("[data-agent]"))
      shown.textContent = plain(nameOf(shown.dataset.agent));
    showTrail(events, nameOf, choose(place));
    const { score } = await operator.posture();
    const { orgId } = await operator.whoami();
    showFacts({
      lattice: place.name,
      organisation: orgId,
      rows: (events[0]?.rowId ?? -1) + 1,
      posture: `${score}/100`,
    });
  });
  await operator.subscribe(null, (event) => {
    showEvent(event, nameOf);
    void trail();
    if (event.eventType.startsWith("approval.") || event.eventType === "action.executed")
      void approvals();
  });
  $("#verify").addEventListener("click", () => void verify(place));
  showAgents(place);
  await Promise.all([approvals(), trail()]);
  say("good", "open");
}

/** A row was chosen: where the ledger is in this page, it can be damaged. */
const choose =
  ({ damage, mend, verify: again }) =>
  (rowId) => {
    if (damage === undefined) return;
    $("#damage").hidden = false;
    $("#damage").textContent = `Damage row ${rowId}`;
    $("#damage").onclick = async () => {
      await damage(rowId);
      $("#mend").hidden = false;
      await verify({ verify: again });
    };
    $("#mend").onclick = async () => {
      await mend();
      $("#mend").hidden = true;
      await verify({ verify: again });
    };
  };

async function verify(place) {
  $("#verify").disabled = true;
  say("wait", "verifying…");
  try {
    const verification = await place.verify();
    showFinding(verification);
    say(verification.chainValid ? "good" : "bad", verification.chainValid ? "verified" : "damaged");
  } catch (error) {
    showFinding({ chainValid: false, damage: error.code, message: error.message });
    say("bad", "not verified");
  } finally {
    $("#verify").disabled = false;
  }
}

/** Asks the person, in the page; the key goes nowhere but into the client. */
function askForKey(where) {
  const input = element("input", {
    type: "password",
    autocomplete: "off",
    "aria-label": "operator key",
    required: "",
  });
  const form = element("form", { method: "dialog" }, input, element("button", {}, "Open"));
  const dialog = element(
    "dialog",
    { id: "key" },
    element("p", {}, `Operator key for ${where}`),
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(input.value);
    });
  });
}

start().catch((error) => {
  say("bad", `${error.code ?? error.name}`);
  $("#finding").className = "bad";
  $("#finding").textContent = plain(error.message);
});
