// Numbers as they were written. JSON.parse makes doubles of them, which have no room for the last digits of a long integer: what
// the kernel says crosses into JavaScript with such numbers as marked strings, and leaves it again as it was.

import { randomUUID } from "node:crypto";

/** Nobody can have written it before: no text of a policy or an agent is taken for a number. */
const mark = randomUUID();
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const marked = new RegExp(`"${mark} ([^"]*)"`, "g");

/** JSON text in which each number that JavaScript would write otherwise is a marked string. */
export const keepDigits = (json: string): string =>
  json.replace(tokens, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${mark} ${token}"`,
  );

/** The JSON text of what was read from such a text, with its numbers again. */
export const withDigits = (json: string): string => json.replace(marked, "$1");
