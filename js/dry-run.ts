// How the answer to a dry run crosses: its values without their names, which took half of the time of reading it.

import type { CanI, ConditionResult } from "./types.js";

/** The values of a CanI; `""` for what is left out. */
type Said = readonly [
  allowed: boolean,
  needsApproval: boolean,
  policyName: string,
  denialReason: string,
  conditions: Conditions,
];
/** Six for each ConditionResult: expected, field, operator, result, hint and actual, which is `{}` for what is left out. */
type Conditions = readonly unknown[];
const values_each = 6;

type Writable<T> = { -readonly [name in keyof T]: T[name] };

/** The answer that crossed, its members in the order of the wire. */
export function readDryRun(json: string): CanI {
  const [allowed, needsApproval, policyName, denialReason, conditions] = JSON.parse(json) as Said;
  const answer = { allowed, needsApproval } as Writable<CanI>;
  if (policyName !== "") answer.policyName = policyName;
  if (denialReason !== "") answer.denialReason = denialReason;
  const conditionsEvaluated: ConditionResult[] = [];
  for (let at = 0; at < conditions.length; at += values_each)
    conditionsEvaluated.push(readCondition(conditions, at));
  answer.conditionsEvaluated = conditionsEvaluated;
  return answer;
}

function readCondition(values: Conditions, at: number): ConditionResult {
  const condition = {} as Writable<ConditionResult>;
  const actual = values[at + 5];
  if (typeof actual !== "object" || actual === null || Array.isArray(actual))
    condition.actual = actual;
  condition.expected = values[at];
  condition.field = values[at + 1] as string;
  if (values[at + 4] !== "") condition.hint = values[at + 4] as string;
  condition.operator = values[at + 2] as string;
  condition.result = values[at + 3] as boolean;
  return condition;
}
