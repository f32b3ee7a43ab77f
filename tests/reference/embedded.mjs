// A lattice in this process as somebody to ask: policies are put, actions go to can-i, over its HTTP face.
import { Lattice } from "@agentlattice/wasm";
import { canonical } from "./wire.mjs";

const start_ms = Date.parse("2026-01-31T20:00:00Z");
/** So that an hour, a weekday and a month end within a test, and no delegation does. */
const step_ms = 700;

export async function openKernel() {
  const realNow = Date.now;
  let now_ms = start_ms;
  Date.now = () => now_ms;
  const lattice = await Lattice.open();
  const host = lattice.attach("operator", "host");
  const call = async (key, method, path, body, headers = {}) => {
    const all = { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers };
    const request = new Request(`http://lattice/api/v1${path}`, { method, headers: all, body });
    const response = await lattice.fetch(request);
    return { status: response.status, text: await response.text() };
  };
  const people = {};
  for (const name of ["bot", "other"]) {
    const { agentId } = await lattice.registerAgent({ name });
    const key = lattice.attach("agent", name);
    const lent = await call(
      key,
      "POST",
      "/delegations",
      '{"name":"child","capabilities":["*"],"ttl":86400}',
    );
    people[name] = { key, agentId, delegationId: JSON.parse(lent.text).id };
  }

  /** Puts those that the kernel takes; the others by index, with their faults. */
  async function put(policies) {
    const refused = new Map();
    for (;;) {
      const indexes = [...policies.keys()].filter((index) => !refused.has(index));
      const file = canonical(indexes.map((index) => policies[index]));
      const { status, text } = await call(host, "PUT", "/policies", file);
      if (status === 200) return refused;
      for (const { pointer, message } of JSON.parse(text).error.details.faults) {
        const [, at, inside] = /^\/(\d+)(.*)$/.exec(pointer);
        const index = indexes[Number(at)];
        refused.set(index, [...(refused.get(index) ?? []), [inside, message]]);
      }
    }
  }

  async function ask({ policies, actions }) {
    const refused = await put(policies);
    const answers = [];
    for (const {
      action_type,
      metadata,
      data_accessed,
      agent_name,
      delegation_id,
      wall_ms,
    } of actions) {
      now_ms = Number(wall_ms);
      const headers = delegation_id === undefined ? {} : { "x-al-delegation-id": delegation_id };
      const body = canonical({ action_type, metadata, data_accessed });
      const { status, text } = await call(people[agent_name].key, "POST", "/can-i", body, headers);
      // What is no request at all is refused before any policy is asked.
      answers.push(status === 200 ? text : `${status} ${text}`);
    }
    return { refused, answers };
  }

  let asked = Promise.resolve();
  let placed_ms = start_ms;
  return {
    repeatable: false,
    ask: (question) => {
      asked = asked.then(() => ask(question));
      return asked;
    },
    /** Where an action can be put: its agent, its delegation, and a time after that of the last. */
    place: (r) => {
      const name = r.pick(["bot", "other"]);
      const { agentId, delegationId } = people[name];
      placed_ms += step_ms;
      const at = { agent_id: agentId, agent_name: name, wall_ms: BigInt(placed_ms) };
      if (r.chance(3))
        Object.assign(at, {
          delegation_id: delegationId,
          delegation_name: "child",
          delegation_depth: 1n,
        });
      return at;
    },
    close: () => {
      Date.now = realNow;
      return lattice.close();
    },
  };
}
