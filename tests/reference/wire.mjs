// The reference's decision as the wire has it: canonical JSON, and the bounds of what is shown of an action.

const actual_text_bytes_max = 256;
const actual_items_max = 16;

/** RFC 8785; a BigInt is a whole number of 64 bits, whose digits are all kept. */
export function canonical(value) {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${members
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(",")}}`;
}

function cut(text) {
  if (Buffer.byteLength(text) <= actual_text_bytes_max) return JSON.stringify(text);
  let kept = "";
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > actual_text_bytes_max) break;
    kept += character;
  }
  return JSON.stringify(`${kept}…`);
}

function flat(value) {
  if (typeof value === "string") return cut(value);
  if (Array.isArray(value)) return '"[…]"';
  return typeof value === "object" && value !== null ? '"{…}"' : canonical(value);
}

/** JSON of what was found; undefined where nothing was. */
function actualOf({ field }, fact, names) {
  if (fact.state !== "found") return fact.shown === undefined ? undefined : flat(fact.shown);
  if (field === "data.max_sensitivity") return JSON.stringify(names[Number(fact.value)]);
  if (!Array.isArray(fact.value)) return flat(fact.value);
  const shown = fact.value.slice(0, actual_items_max).map(flat);
  if (fact.value.length > actual_items_max) shown.push('"…"');
  return `[${shown.join(",")}]`;
}

const member = (name, json) => (json === undefined ? [] : [`"${name}":${json}`]);

/** The answer of `can-i`, with `true` in the place of each hint's text. */
export function answerOf({ verdict, reason, policy, leaves }, sensitivities) {
  const conditions = leaves.map(({ condition, fact, outcome, hint }) =>
    [
      ...member("actual", actualOf(condition, fact, sensitivities)),
      `"expected":${canonical(condition.value)}`,
      `"field":${JSON.stringify(condition.field)}`,
      ...member("hint", hint ? true : undefined),
      `"operator":"${condition.operator}"`,
      `"result":${outcome === "holds"}`,
    ].join(","),
  );
  return `{${[
    `"allowed":${verdict === "allow"}`,
    `"needs_approval":${verdict === "require_approval"}`,
    ...member("policy_name", policy && JSON.stringify(policy.name)),
    ...member("denial_reason", reason && `"${reason}"`),
    `"conditions_evaluated":[${conditions.map((each) => `{${each}}`).join(",")}]`,
  ].join(",")}}`;
}

/** An answer of the kernel, to compare: what a hint says is not compared here, but that there is one. */
export const withoutHints = (answer) =>
  answer.replace(/,"hint":"(?:[^"\\]|\\.)*"/g, ',"hint":true');
