// The one place where names change between the wire (snake_case) and the façade (camelCase).

/**
 * Wire names whose values belong to users, policies or the ledger: what is below them is handed through as it stands.
 * INVARIANT: renaming never looks inside what an agent submitted or an operator wrote.
 */
const opaque: ReadonlySet<string> = new Set([
  "actual",
  "capabilities",
  "commitments",
  "conditions",
  "conditions_evaluated",
  "data",
  "data_accessed",
  "details",
  "expected",
  "facts",
  "metadata",
  "opened",
  "openings",
  "policy",
  "value",
]);

/** `audit_event_id` → `auditEventId`. Names that are not snake_case stay as they are. */
export const camelCase = remembered((name) =>
  name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
);

/** `auditEventId` → `audit_event_id`. */
export const snakeCase = remembered((name) =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
);

/** A decoded value of the wire, which it takes over, with the façade's names, all the way down except below the names above. */
export function fromWire(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; ++index) value[index] = fromWire(value[index]);
    return value;
  }
  const members = value as Record<string, unknown>;
  const renamed: Record<string, unknown> = {};
  for (const name of Object.keys(members)) {
    const member = members[name];
    const whole = typeof member !== "object" || member === null || opaque.has(name);
    define(renamed, camelCase(name), whole ? member : fromWire(member));
  }
  return renamed;
}

/** An action as a request says it. JSON leaves out what is undefined. */
export const actionToWire = (
  actionType: string,
  metadata: unknown,
  dataAccessed: unknown,
): object => ({ action_type: actionType, metadata, data_accessed: dataAccessed });

/** The names of one request's members on the wire; values stay as they are. Members that are undefined are left out. */
export function toWire(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const renamed: Record<string, unknown> = {};
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member !== undefined) define(renamed, snakeCase(name), member);
  }
  return renamed;
}

/** A member called "__proto__" is a member and nothing else. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** There are few names, and each comes thousands of times; but who sends them is not to be trusted. */
const names_max = 1000;

function remembered(rename: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let renamed = known.get(name);
    if (renamed === undefined) {
      renamed = rename(name);
      if (known.size < names_max) known.set(name, renamed);
    }
    return renamed;
  };
}
