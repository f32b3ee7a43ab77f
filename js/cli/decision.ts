// How decisions and their conditions are shown.

import { green, json, red, say, sayTable, yellow } from "../terminal.js";
import type { ConditionResult } from "../types.js";
import { withDigits } from "./digits.js";

/** By decision (`allow`) or by outcome (`executed`). */
const paints: Readonly<Record<string, (text: string) => string>> = {
  allow: green,
  executed: green,
  deny: red,
  denied: red,
  require_approval: yellow,
  requested: yellow,
};

export const paintDecision = (text: string, decision: string): string =>
  (paints[decision] ?? ((plain: string) => plain))(text);

/** A value on one line, with all its digits. */
export const valueText = (value: unknown): string => withDigits(json(value));

export function sayConditions(conditions: readonly ConditionResult[], indent = 2): void {
  if (conditions.length === 0) return;
  sayTable(
    [
      {
        title: "",
        of: ({ result }) => (result ? "✓" : "✗"),
        paint: (text, { result }) => (result ? green(text) : red(text)),
      },
      { title: "field", of: ({ field }) => field },
      { title: "operator", of: ({ operator }) => operator },
      {
        title: "expected",
        of: ({ expected, operator }) => (/exists$/.test(operator) ? "" : valueText(expected)),
      },
      {
        title: "actual",
        of: ({ actual }) => (actual === undefined ? "missing" : valueText(actual)),
      },
      { title: "hint", of: ({ hint }) => hint, paint: yellow },
    ],
    conditions,
    indent,
  );
  say();
}
