// Where kernel and reference differ on a case, and the smallest case that still does.
import { decide, judge, sensitivities } from "./policy.mjs";
import { answerOf, withoutHints } from "./wire.mjs";

/** The kernel says one thing, the reference another. */
export class Disagreement extends Error {
  name = "Disagreement";
}

/**
 * The first difference, or undefined. `refused` has, by index, the faults of the policies that the kernel did not take;
 * `answers` what it said of each action.
 */
export function differenceOf({ policies, actions }, { refused, answers }) {
  const taken = policies.filter((_, index) => !refused.has(index));
  for (const [index, action] of actions.entries()) {
    const reference = answerOf(decide(taken, action), sensitivities);
    const kernel = withoutHints(answers[index]);
    if (kernel !== reference) return { index, kernel, reference };
    for (const [at, faults] of refused) {
      // Refused for good reason: what can never hold does not.
      const never = faults.find(([pointer, message]) => isNever(pointer, message));
      if (never && judge(policies[at], action) === "holds")
        return { index, kernel: `refused: ${never.join(" ")}`, reference: "holds" };
    }
  }
  return undefined;
}

/** A fault that says that no action satisfies the conditions as a whole. */
const isNever = (pointer, message) =>
  /^\/conditions\/\d+$/.test(pointer) && /^(contradicts|can never hold)/.test(message);

/** Each way to make a case smaller by one thing. */
function* smaller({ policies, actions }) {
  for (const at of policies.keys()) yield { policies: policies.toSpliced(at, 1), actions };
  for (const at of actions.keys())
    if (actions.length > 1) yield { policies, actions: actions.toSpliced(at, 1) };
  for (const [at, policy] of policies.entries())
    for (const conditions of smallerLists(policy.conditions ?? []))
      yield { policies: policies.with(at, { ...policy, conditions }), actions };
  for (const [at, action] of actions.entries())
    for (const name of ["data_accessed", "metadata"])
      if (action[name] !== undefined)
        yield { policies, actions: actions.with(at, { ...action, [name]: undefined }) };
}

function* smallerLists(list) {
  if (list.length > 1) for (const at of list.keys()) yield list.toSpliced(at, 1);
  for (const [at, each] of list.entries()) {
    const inner = each.not ? [each.not] : (each.all ?? each.any);
    if (inner !== undefined) for (const part of inner) yield list.with(at, part);
  }
}

/** `ask` puts a case to the kernel. */
export async function shrink(failing, ask) {
  let smallest = failing;
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    for (const candidate of smaller(smallest)) {
      if (differenceOf(candidate, await ask(candidate)) === undefined) continue;
      smallest = candidate;
      shrunk = true;
      break;
    }
  }
  return smallest;
}
