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
export const camelCase = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `auditEventId` → `audit_event_id`. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value of the wire with the façade's names, all the way down except below the names above. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== "object" || value === null) return value;
  // fromEntries defines properties, so a member called "__proto__" is a member and nothing else.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      camelCase(name),
      opaque.has(name) ? member : fromWire(member),
    ]),
  );
}

/** The names of one request's members on the wire; values stay as they are. Members that are undefined are left out. */
export function toWire(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [snakeCase(name), member]),
  );
}
