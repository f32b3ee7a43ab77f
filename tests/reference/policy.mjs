// What policies mean, written to be read and not to be fast: the kernel must decide and explain exactly as this does. The words are
// those of docs/policy.md.
//
// Values are JSON as JavaScript has it, but for numbers: a whole number that fits 64 bits is a BigInt, any other a Number.
// JavaScript compares the two exactly.

/**
 * @typedef {object} Action
 * @property {string} action_type
 * @property {unknown} [metadata]
 * @property {unknown} [data_accessed]
 * @property {string} agent_id
 * @property {string} agent_name
 * @property {string} [delegation_id]
 * @property {string} [delegation_name]
 * @property {bigint} [delegation_depth]
 * @property {bigint} wall_ms
 * @property {{action_type: string, wall_ms: bigint}[]} [past] what the agent did before, and was not denied
 * @property {bigint} [counted_ms] when this action itself was counted in `past`
 *
 * @typedef {"holds" | "undecidable" | "absent" | "fails"} Outcome
 */

/** The least of several comes first: all of several is the least of them, any of several the greatest. */
const outcomes = ["fails", "absent", "undecidable", "holds"];
const least = (several) => outcomes.find((each) => several.includes(each)) ?? "holds";
const greatest = (several) => outcomes.findLast((each) => several.includes(each)) ?? "fails";
/** `not` never makes a pass of what could not be told. */
const opposite = {
  holds: "fails",
  fails: "holds",
  absent: "undecidable",
  undecidable: "undecidable",
};

export const sensitivities = ["none", "low", "medium", "high", "critical"];
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const effects = ["deny", "require_approval", "conditional", "allow"];
const i64_max = 2n ** 63n - 1n;

// What an action says about a field.

const found = (value) => ({ state: "found", value });
const missing = (shown) => ({ state: "missing", shown });
const malformed = (shown) => ({ state: "malformed", shown });
/** The kernel knows that there is no such thing. */
const absent = { state: "absent" };

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const member = (value, name) =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

function metadataAt(path, metadata) {
  const value = path.split(".").reduce(member, metadata);
  return value === undefined || value === null ? missing(value) : found(value);
}

/** What is not said of one item could be anything, so nothing is known of all of them. */
function aboutData(field, items) {
  if (items === undefined || items === null) return missing();
  if (!Array.isArray(items)) return malformed();
  let [count, highest] = [0n, 0n];
  for (const item of items) {
    const [type, n, level] = ["type", "count", "sensitivity"].map((name) => member(item, name));
    if (field === "data.types" && typeof type !== "string") return malformed(type);
    if (field === "data.total_count") {
      if (typeof n !== "bigint" || n < 0n || n > i64_max || n > i64_max - count)
        return malformed(n);
      count += n;
    }
    if (field === "data.max_sensitivity") {
      if (!sensitivities.includes(level)) return malformed(level);
      const rank = BigInt(sensitivities.indexOf(level));
      if (rank > highest) highest = rank;
    }
  }
  if (field === "data.types") return found(items.map((item) => item.type));
  return found(field === "data.total_count" ? count : highest);
}

const known = (text) => (text === undefined || text === "" ? absent : found(text));

/** What a window counts by, in milliseconds, and how many of them it reaches back. A minute is 60 s, an hour 60 m. */
const windowUnits = { s: 1_000n, m: 60_000n, h: 900_000n };
function windowOf(count, unit) {
  if (unit === "m" && count === 1n) return [windowUnits.s, 60n];
  if (unit === "h" && count === 1n) return [windowUnits.m, 60n];
  return [windowUnits[unit], unit === "h" ? 4n * count : count];
}

function rateOf(field, { action_type, past = [], wall_ms, counted_ms }) {
  const [, count, unit] = /^rate\.last_(\d+)([smh])$/.exec(field);
  const [unit_ms, units] = windowOf(BigInt(count), unit);
  const within = (at_ms) => at_ms / unit_ms >= wall_ms / unit_ms - units;
  const same = past.filter(
    (each) => each.action_type === action_type && within(each.wall_ms),
  ).length;
  const itself = counted_ms !== undefined && within(counted_ms) && same > 0 ? 1 : 0;
  return BigInt(same - itself);
}

const formats = new Map();
function formatOf(zone) {
  if (!formats.has(zone)) {
    const parts = { hour: "numeric", hourCycle: "h23", weekday: "short" };
    formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, ...parts }));
  }
  return formats.get(zone);
}

/** As the clocks of a zone show it. */
function timeOf(field, wall_ms) {
  const [, name, zone = "UTC"] = /^time\.(hour|weekday)(?:@(.*))?$/.exec(field);
  const parts = formatOf(zone).formatToParts(Number(wall_ms));
  const { value } = parts.find(({ type }) => type === name);
  return name === "hour" ? BigInt(value) : value.toLowerCase();
}

function factOf(field, action) {
  if (field.startsWith("rate.")) return found(rateOf(field, action));
  if (field.startsWith("time.")) return found(timeOf(field, action.wall_ms));
  switch (field) {
    case "data.max_sensitivity":
    case "data.total_count":
    case "data.types":
      return aboutData(field, action.data_accessed);
    case "agent.id":
      return known(action.agent_id);
    case "agent.name":
      return known(action.agent_name);
    case "delegation.id":
      return known(action.delegation_id);
    case "delegation.name":
      return known(action.delegation_name);
    case "delegation.depth":
      return found(action.delegation_depth ?? 0n);
    default:
      return metadataAt(field.replace(/^metadata\./, ""), action.metadata);
  }
}

// Operators.

const kindOf = (value) => {
  if (typeof value === "bigint" || typeof value === "number") return "number";
  return ["string", "boolean"].includes(typeof value) ? typeof value : "none";
};
// biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are the same number, and kinds are compared first.
const same = (a, b) => kindOf(a) === kindOf(b) && kindOf(a) !== "none" && a == b;

/** One character at a time; * tries every rest there is. */
function matches([head, ...pattern], text) {
  if (head === undefined) return text.length === 0;
  if (head === "*") {
    for (let at = 0; at <= text.length; ++at) if (matches(pattern, text.slice(at))) return true;
    return false;
  }
  return text.length > 0 && (head === "?" || head === text[0]) && matches(pattern, text.slice(1));
}

const numeric = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  between: (a, [low, high]) => a >= low && a <= high,
};
const textual = {
  starts_with: (a, b) => a.startsWith(b),
  ends_with: (a, b) => a.endsWith(b),
  matches: (a, b) => matches([...b], [...a]),
};

const decided = (holds) => (holds ? "holds" : "fails");

/** An item of another kind is not known to differ. */
function containsItem(items, wanted) {
  if (items.some((item) => same(item, wanted))) return "holds";
  return items.every((item) => kindOf(item) === kindOf(wanted)) ? "fails" : "undecidable";
}

/** A value that is there, of whatever kind, against an operand. */
function compare(operator, value, operand) {
  const kind = kindOf(value);
  switch (operator) {
    case "eq":
    case "ne":
      if (kind === "none" || kind !== kindOf(operand)) return "undecidable";
      return decided(same(value, operand) === (operator === "eq"));
    case "in":
    case "not_in":
      if (kind === "none" || kind !== kindOf(operand[0])) return "undecidable";
      return decided(operand.some((each) => same(value, each)) === (operator === "in"));
    case "contains":
      if (Array.isArray(value)) return containsItem(value, operand);
      if (kind !== "string" || typeof operand !== "string") return "undecidable";
      return decided(value.includes(operand));
    case "not_contains":
      return opposite[compare("contains", value, operand)];
    case "subset_of": {
      if (!Array.isArray(value)) return "undecidable";
      const comparable = value.filter((item) => kindOf(item) === kindOf(operand[0]));
      if (!comparable.every((item) => operand.some((each) => same(item, each)))) return "fails";
      return comparable.length === value.length ? "holds" : "undecidable";
    }
    default:
      if (operator in numeric)
        return kind === "number" ? decided(numeric[operator](value, operand)) : "undecidable";
      return kind === "string" ? decided(textual[operator](value, operand)) : "undecidable";
  }
}

/** Sensitivities compare by their rank. */
const operandOf = ({ field, value }) => {
  if (field !== "data.max_sensitivity") return value;
  const rank = (name) => BigInt(sensitivities.indexOf(name));
  return Array.isArray(value) ? value.map(rank) : rank(value);
};

/** @returns {Outcome} */
function test(leaf, fact) {
  const { operator } = leaf;
  if (["exists", "not_exists"].includes(operator) && fact.state !== "malformed")
    return decided((fact.state === "found") === (operator === "exists"));
  if (fact.state === "absent")
    return ["ne", "not_in", "not_contains"].includes(operator) ? "undecidable" : "absent";
  if (fact.state !== "found") return "undecidable";
  return compare(operator, fact.value, operandOf(leaf));
}

// Conditions.

const inTheWay = (outcome, wanted) =>
  wanted ? outcome !== "holds" : outcome !== "fails" && outcome !== "absent";

/**
 * What a condition comes to, with every leaf in order. A leaf has a hint where it stands in the way of what is `wanted`: of true,
 * that the condition holds. In a group that is as wanted, none does.
 */
function explain(condition, action, wanted) {
  if (condition.not) {
    const { outcome, leaves } = explain(condition.not, action, !wanted);
    return { outcome: opposite[outcome], leaves };
  }
  const list = condition.all ?? condition.any;
  if (list === undefined) {
    const fact = factOf(condition.field, action);
    const outcome = test(condition, fact);
    return { outcome, leaves: [{ condition, fact, outcome, hint: inTheWay(outcome, wanted) }] };
  }
  const parts = list.map((each) => explain(each, action, wanted));
  const outcome = (condition.all ? least : greatest)(parts.map((part) => part.outcome));
  const leaves = parts.flatMap((part) => part.leaves);
  if (inTheWay(outcome, wanted)) return { outcome, leaves };
  return { outcome, leaves: leaves.map((leaf) => ({ ...leaf, hint: false })) };
}

/** @returns {Outcome} */
export const judge = (policy, action) =>
  explain({ all: policy.conditions ?? [] }, action, true).outcome;

// Which policy decides.

const isActionType = (text) =>
  text.length <= 128 && /^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*$/.test(text);
const prefixOf = (pattern) => (pattern.endsWith("*") ? pattern.slice(0, -1) : undefined);
const matchesType = (pattern, type) => {
  const prefix = prefixOf(pattern);
  if (prefix === undefined) return pattern === type;
  return type.startsWith(prefix) && type.length > prefix.length;
};
const specificity = ({ action_type }) => prefixOf(action_type)?.length ?? Number.POSITIVE_INFINITY;
const forAgent = ({ agents }, { agent_id, agent_name }) =>
  agents === undefined || agents.includes(agent_id) || agents.includes(agent_name);

function inOrder(a, b) {
  if (specificity(a) !== specificity(b)) return specificity(a) > specificity(b) ? -1 : 1;
  if (!a.agents !== !b.agents) return a.agents ? -1 : 1;
  if (a.effect !== b.effect) return effects.indexOf(a.effect) - effects.indexOf(b.effect);
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

/** What one policy makes of an outcome; undefined: the next policy. */
function apply({ effect, on_fail }, outcome) {
  const holds = outcome === "holds";
  switch (effect) {
    case "allow":
      return holds ? { verdict: "allow" } : undefined;
    case "deny":
      if (holds) return { verdict: "deny", reason: "POLICY_DENIED" };
      return outcome === "undecidable"
        ? { verdict: "deny", reason: "CONDITIONS_DENIED" }
        : undefined;
    case "require_approval":
      return holds ? { verdict: "require_approval" } : undefined;
    default:
      if (holds) return { verdict: "allow" };
      if (on_fail === "require_approval") return { verdict: "require_approval" };
      return { verdict: "deny", reason: "CONDITIONS_DENIED" };
  }
}

/** @param {Action} action */
export function decide(policies, action) {
  const candidates = isActionType(action.action_type)
    ? policies
        .filter((policy) => policy.enabled !== false)
        .filter((policy) => matchesType(policy.action_type, action.action_type))
        .filter((policy) => forAgent(policy, action))
        .sort(inOrder)
    : [];
  const suspended = [];
  let nearest;
  for (const policy of candidates) {
    const outcome = judge(policy, action);
    const decision = apply(policy, outcome);
    if (decision === undefined) {
      if (policy.effect === "require_approval" && outcome === "undecidable") suspended.push(policy);
      if (policy.effect !== "deny") nearest ??= policy;
      continue;
    }
    return restricted(decision, policy, suspended, action);
  }
  return explained({ verdict: "deny", reason: "NO_MATCHING_POLICY" }, undefined, nearest, action);
}

/** What approvals that cannot be ruled out make of a decision: the strictest is required, or nothing can be. */
function restricted(decision, policy, suspended, action) {
  if (decision.verdict === "deny" || suspended.length === 0)
    return explained(decision, policy, policy, action);
  const required = decision.verdict === "allow" ? suspended : [policy, ...suspended];
  const strictest = required.find((each) => required.every((other) => asStrict(each, other)));
  if (strictest !== undefined)
    return explained({ verdict: "require_approval" }, strictest, strictest, action);
  const [first] = suspended;
  return explained({ verdict: "deny", reason: "CONDITIONS_DENIED" }, first, first, action);
}

/** Whether an approval on the terms of `a` is one on those of `b`. */
function asStrict({ approval: a = {} }, { approval: b = {} }) {
  const { quorum = 1, timeout_seconds = 28800, approvers = [] } = a;
  const others = { quorum: 1, timeout_seconds: 28800, approvers: [], ...b };
  return (
    quorum >= others.quorum &&
    timeout_seconds <= others.timeout_seconds &&
    (others.approvers.length === 0 ||
      (approvers.length > 0 && approvers.every((each) => others.approvers.includes(each))))
  );
}

/** Whoever is denied by a `deny` policy is helped by what makes it not apply. */
function explained(decision, policy, by, action) {
  if (by === undefined) return { ...decision, policy, leaves: [] };
  const { leaves } = explain({ all: by.conditions ?? [] }, action, by.effect !== "deny");
  return { ...decision, policy, leaves };
}
