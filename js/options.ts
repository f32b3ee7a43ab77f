// Option objects, checked strictly: in a security request a mistyped name is an error, not a default.

import { invalidArgument } from "./errors.js";
import type { CallOptions } from "./types.js";
import { camelCase } from "./wire-names.js";

/** What an option may be. */
export type Kind =
  | "string"
  | "boolean"
  | "integer"
  | "function"
  | "strings"
  | "object"
  | "json"
  | "document"
  | "any";

const kinds: Readonly<Record<Kind, { is: (value: unknown) => boolean; name: string }>> = {
  string: { is: (value) => typeof value === "string", name: "a string" },
  boolean: { is: (value) => typeof value === "boolean", name: "true or false" },
  integer: { is: (value) => Number.isSafeInteger(value), name: "an integer" },
  function: { is: (value) => typeof value === "function", name: "a function" },
  strings: {
    is: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
    name: "an array of strings",
  },
  object: { is: (value) => typeof value === "object" && value !== null, name: "an object" },
  // The kernel looks at what is inside.
  json: {
    is: (value) => typeof value === "object" && value !== null,
    name: "an object or an array",
  },
  document: {
    is: (value) => typeof value === "string" || (typeof value === "object" && value !== null),
    name: "JSON text, an object or an array",
  },
  any: { is: () => true, name: "anything" },
};

/** The options that every method takes. */
export const callOptions = { signal: "object", timeoutMs: "integer" } as const satisfies Record<
  string,
  Kind
>;

/**
 * The options of `method`, by their camelCase names. Their snake_case names are taken too. An unknown name, one given twice,
 * or a value of the wrong kind is an `INVALID_ARGUMENT` error. Options that are undefined count as absent.
 */
export function readOptions<T extends object>(
  method: string,
  options: T | undefined,
  known: Readonly<Record<string, Kind>>,
): T {
  if (options === undefined) return {} as T;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidArgument(`${method}: the options must be an object`);
  }
  const read: Record<string, unknown> = {};
  for (const given of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[given];
    const name = camelCase(given);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) {
      throw invalidArgument(
        `${method} takes no option "${given}"; it takes ${Object.keys(known).join(", ")}`,
      );
    }
    if (value === undefined) continue;
    if (Object.hasOwn(read, name))
      throw invalidArgument(`${method}: "${name}" is given twice, the second time as "${given}"`);
    if (!kinds[kind].is(value))
      throw invalidArgument(`${method}: "${given}" must be ${kinds[kind].name}`);
    read[name] = value;
  }
  checkCall(method, read as CallOptions);
  return read as T;
}

function checkCall(method: string, { signal, timeoutMs }: CallOptions): void {
  if (signal !== undefined && typeof signal.addEventListener !== "function") {
    throw invalidArgument(`${method}: "signal" must be an AbortSignal`);
  }
  if (timeoutMs !== undefined && timeoutMs <= 0) {
    throw invalidArgument(
      `${method}: "timeoutMs" must be a positive number of milliseconds; leave it out for no limit`,
    );
  }
}

/** `value` when it is a string that says something. */
export function readText(method: string, what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidArgument(`${method}: ${what} must be a string that is not empty`);
}

/** Fails where `body` is there and no function. */
export function checkBody(method: string, body: unknown): void {
  if (body === undefined || typeof body === "function") return;
  throw invalidArgument(`${method}: the last argument must be a function, or left out`);
}
