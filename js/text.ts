// Text on its way into the kernel: JSON, and strings that UTF-8 can carry.

import { invalidArgument } from "./errors.js";

const replacement = "\ufffd";
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Lone surrogates, which UTF-8 has no bytes for, become U+FFFD. */
export function wellFormed(text: string): string {
  const native = (text as { toWellFormed?: () => string }).toWellFormed;
  return native === undefined ? text.replace(loneSurrogate, replacement) : native.call(text);
}

/** A text that is JSON already: it crosses as it stands, with every digit and every name that `JSON.parse` would lose. */
export class JsonText {
  readonly text: string;

  constructor(what: string, text: string) {
    if (!/^\s*([[{"\d-]|(true|false|null)\s*$)/.test(text))
      throw invalidArgument(`${what}: a text must be the JSON itself, not a file's path`);
    // Another text than the one that was written must not become a policy.
    if (text !== wellFormed(text))
      throw invalidArgument(
        `${what}: the JSON text has a lone surrogate, which UTF-8 cannot carry`,
      );
    this.text = text;
  }
}

/**
 * JSON text of `value`, well-formed. What JSON cannot say (a BigInt, a cycle) is an `INVALID_ARGUMENT` error that names
 * `what`.
 */
export function toJson(value: unknown, what: string): string {
  if (value instanceof JsonText) return value.text;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw invalidArgument(
      `${what} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  if (text === undefined) throw invalidArgument(`${what} is no JSON: it is ${typeof value}`);
  // JSON.stringify writes a lone surrogate as an escape, and a backslash as two.
  if (!text.includes("\\ud")) return text;
  return text.replace(/\\(?:\\|ud[89a-f][0-9a-f]{2})/g, (written) =>
    written === "\\\\" ? written : replacement,
  );
}

/** `?a=1&b=2` without the question mark; undefined members are left out. */
export const toQuery = (
  members: Readonly<Record<string, string | number | boolean | undefined>>,
): string =>
  Object.entries(members)
    .filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(String(value)))}`)
    .join("&");
