// One organisation: its lattice in a Durable Object. The platform runs one instance of it, so the ledger has one writer.

import { DurableObject } from "cloudflare:workers";
import { isDeniedError, isTimeoutError } from "@agentlattice/wasm";
import { DurableLattice } from "@agentlattice/wasm/durable-object";
import policies from "./policies.json";

/** A call is waited for in the object; one that is not decided by then is asked about again by whoever wants to know. */
const wait_ms = 1000;

export class Organisation extends DurableObject {
  #durable;
  #agents = new Map();

  constructor(ctx, env) {
    super(ctx, env);
    this.#durable = new DurableLattice(ctx, { policies });
  }

  /** The wire API and its WebSocket, for agents and operators elsewhere. */
  fetch(request) {
    return this.#durable.fetch(request);
  }

  /** Deadlines: an approval's window closes, a delegation ends. */
  alarm() {
    return this.#durable.alarm();
  }

  /** Keys for the first operator and for one agent elsewhere. Shown this once. */
  async enrol() {
    const operator = (await this.#durable.lattice).operator();
    const { apiKey } = await operator.registerOperator({ name: "ada", roles: ["owner"] });
    return { operatorKey: apiKey };
  }

  /** Asks whether an action may run. The event id makes asking again the same question. */
  async ask(agentName, actionType, metadata, eventId) {
    const agent = await this.#agent(agentName);
    return agent.execute(actionType, { metadata, eventId });
  }

  /** Uses an approval, once. Else says how it stands: `waiting`, `denied`, `expired` or `used`. */
  async use(agentName, approvalId) {
    const agent = await this.#agent(agentName);
    try {
      return await agent.resumeGate(approvalId, { timeoutMs: wait_ms });
    } catch (error) {
      if (isDeniedError(error)) return { status: "denied", denialReason: error.reason };
      if (error.code === "APPROVAL_EXPIRED") return { status: "expired" };
      if (error.code === "CONFLICT") return { status: "used" };
      if (isTimeoutError(error)) return { status: "waiting" };
      throw error;
    }
  }

  async #agent(name) {
    const lattice = await this.#durable.lattice;
    if (!this.#agents.has(name)) this.#agents.set(name, lattice.agent(name));
    return this.#agents.get(name);
  }
}
