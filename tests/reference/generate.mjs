// Random policies and actions that have much to do with each other. One seed makes one case.
import { sensitivities, weekdays } from "./policy.mjs";

/** splitmix32: small, and the same everywhere. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const below = (bound) => next() % bound;
  const pick = (list) => list[below(list.length)];
  const chance = (of) => below(of) === 0;
  const some = (most, make) => Array.from({ length: 1 + below(most) }, make);
  return { next, below, pick, chance, some };
}

// Neighbours at every edge of exactness: small, 2^53, 2^63, 2^64, fractions, and what only a double holds.
const numbers = [
  0n,
  1n,
  -1n,
  5n,
  23n,
  50n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  -(2n ** 53n) - 1n,
  -(2n ** 63n),
  0.5,
  1.5,
  -0.5,
  5e-324,
  1e300,
  2 ** 64,
  49.99999999999999,
];
const strings = [
  "a",
  "ab",
  "abc",
  "b",
  "",
  "A",
  "é",
  "\ud83d\ude00",
  "acme/app",
  "*",
  "a?c",
  "main",
  "x".repeat(260),
];
const globs = [
  "a*",
  "*c",
  "a?c",
  "?",
  "??",
  "*",
  "*b*",
  "é",
  "*\ud83d\ude00*",
  "acme/*",
  "**a",
  "a*b*c",
];
// Most of them meet: what one policy lets pass, the next must decide.
const common = ["pr.open", "pr.open", "pr.open", "pr.merge", "pr.open.fast"];
const types = [...common, "pr", "read", "read.file", "db-1.drop"];
const patterns = [...common, "pr.*", "pr.*", "*", "*", "pr.open.*", "read.*", "read", "db-1.*"];
const agents = ["bot", "other", "agt_1", "agt_2"];
const metadataFields = [
  "n",
  "s",
  "b",
  "list",
  "o.x",
  "o.y.z",
  "metadata.n",
  "metadata.data.x",
  "gone",
];

export const fieldsOfText = ["agent.id", "agent.name", "delegation.id", "delegation.name"];
/** Half an hour, a quarter, a summer of half an hour, of the southern half, that is winter, of two hours, none. */
const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Europe/Dublin",
  "Antarctica/Troll",
  "Pacific/Kiritimati",
];
const windows = ["1s", "7s", "60s", "1m", "5m", "60m", "1h", "2h", "24h"];
const equality = ["eq", "ne", "in", "not_in"];
const ordering = ["lt", "lte", "gt", "gte", "between"];
const containment = ["contains", "not_contains"];
const textual = ["starts_with", "ends_with", "matches"];
const existence = ["exists", "not_exists"];

const unique = (values) => [...new Set(values)];

/** An operand for `operator` out of what `make` makes. */
function operandFor(r, operator, make, order = (a, b) => (a < b ? -1 : 1)) {
  if (operator === "between") return [make(), make()].sort(order);
  if (["in", "not_in", "subset_of"].includes(operator)) return unique(r.some(3, make));
  return make();
}

function leafOnMetadata(r) {
  const field = r.pick(metadataFields);
  const operator = r.pick([
    ...equality,
    ...ordering,
    ...containment,
    ...textual,
    ...existence,
    "subset_of",
  ]);
  if (existence.includes(operator)) return { field, operator };
  if (ordering.includes(operator))
    return { field, operator, value: operandFor(r, operator, () => r.pick(numbers)) };
  const nonEmpty = strings.filter((text) => text !== "" && text.length < 200);
  if (operator === "matches") return { field, operator, value: r.pick(globs) };
  if (textual.includes(operator)) return { field, operator, value: r.pick(nonEmpty) };
  const kind = r.pick(["number", "string", "boolean"]);
  const make = {
    number: () => r.pick(numbers),
    string: () => r.pick(nonEmpty),
    boolean: () => r.chance(2),
  }[kind];
  return { field, operator, value: operandFor(r, operator, make) };
}

function leafOnKernel(r) {
  const zone = r.chance(2) ? "" : `@${r.pick(zones)}`;
  const bySensitivity = (a, b) => sensitivities.indexOf(a) - sensitivities.indexOf(b);
  const rows = [
    [
      "data.max_sensitivity",
      [...equality, ...ordering, ...existence],
      () => r.pick(sensitivities),
      bySensitivity,
    ],
    [
      "data.total_count",
      [...equality, ...ordering, ...existence],
      () => r.pick([0n, 1n, 3n, 5n, 2n ** 53n, 2n ** 63n - 1n]),
    ],
    [
      "data.types",
      [...containment, "subset_of", ...existence],
      () => r.pick(["pii", "logs", "keys"]),
    ],
    [`time.hour${zone}`, [...equality, ...ordering], () => BigInt(r.below(24))],
    [`time.weekday${zone}`, equality, () => r.pick(weekdays)],
    [`rate.last_${r.pick(windows)}`, [...equality, ...ordering], () => BigInt(r.below(5))],
    ["delegation.depth", [...equality, ...ordering], () => BigInt(r.below(3))],
    ...fieldsOfText.map((field) => [
      field,
      [...equality, ...containment, ...textual, ...(field === "agent.id" ? [] : existence)],
      () => r.pick(["bot", "other", "agt_1", "child", "dlg_1", "o", "b*"]),
    ]),
  ];
  const [field, operators, make, order] = r.pick(rows);
  const operator = r.pick(operators);
  if (existence.includes(operator)) return { field, operator };
  return { field, operator, value: operandFor(r, operator, make, order) };
}

function condition(r, depth) {
  if (depth < 3 && r.chance(4)) {
    const kind = r.pick(["all", "any", "not"]);
    if (kind === "not") return { not: condition(r, depth + 1) };
    return { [kind]: r.some(3, () => condition(r, depth + 1)) };
  }
  return r.chance(3) ? leafOnKernel(r) : leafOnMetadata(r);
}

/** Of some, one is the strictest; of others none. */
const approvals = [
  { quorum: 2n },
  { timeout_seconds: 60n },
  { quorum: 2n, approvers: ["role:cfo"] },
  { approvers: ["role:cfo", "ann"] },
  { approvers: ["ann"] },
];

function policy(r, name) {
  const effect = r.pick(["allow", "allow", "deny", "require_approval", "conditional"]);
  const made = { name, action_type: r.pick(patterns), effect };
  if (effect === "conditional" || r.chance(2)) made.conditions = r.some(3, () => condition(r, 0));
  if (effect === "conditional" && r.chance(2)) made.on_fail = r.pick(["deny", "require_approval"]);
  const asks = effect === "require_approval" || made.on_fail === "require_approval";
  if (asks && r.chance(2)) made.approval = r.pick(approvals);
  if (r.chance(4)) made.agents = unique(r.some(2, () => r.pick(agents)));
  if (r.chance(12)) made.enabled = false;
  return made;
}

const scalar = (r) =>
  r.pick([() => r.pick(numbers), () => r.pick(strings), () => r.chance(2), () => null])();
const value = (r) =>
  r.pick([
    () => scalar(r),
    () => scalar(r),
    () => r.some(r.chance(8) ? 20 : 3, () => (r.chance(10) ? { k: 1n } : scalar(r))),
    () => [],
    () => r.some(3, () => r.pick(strings)),
    () => ({ x: scalar(r) }),
  ])();

function metadata(r) {
  const made = {};
  for (const name of ["n", "s", "b", "list"]) if (!r.chance(5)) made[name] = value(r);
  if (r.chance(2)) made.n = r.pick(numbers);
  if (r.chance(2)) made.s = r.pick(strings);
  if (r.chance(2)) made.o = { x: value(r), y: r.chance(3) ? scalar(r) : { z: scalar(r) } };
  if (r.chance(3)) made.data = { x: scalar(r) };
  return made;
}

function dataAccessed(r) {
  return r.some(3, () => {
    const item = { type: r.pick(["pii", "logs", "keys"]) };
    if (!r.chance(6)) item.count = r.pick([0n, 1n, 2n, 3n, 2n ** 53n]);
    if (!r.chance(6)) item.sensitivity = r.chance(12) ? "secret" : r.pick(sensitivities);
    return item;
  });
}

/** `place`: what the kernel's side can set of an action (its agent, its delegation, its time). */
export function caseOf(seed, { policies_max = 8, actions = 20, place }) {
  const r = randomOf(seed);
  const policies = r
    .some(policies_max, () => "")
    .map((_, at) => policy(r, `${r.pick(["p", "q", "é"])}${at}`));
  const made = Array.from({ length: actions }, () => {
    const action = { action_type: r.pick(types), ...place(r) };
    if (!r.chance(8)) action.metadata = metadata(r);
    if (!r.chance(3)) action.data_accessed = dataAccessed(r);
    return action;
  });
  return { policies, actions: made };
}

/** What an agent did before, at times that the windows of rates begin and end with. */
function pastBefore(r, wall_ms) {
  const ago = () =>
    r.pick([0n, 999n, 1_000n, 7_500n, 60_000n, 61_000n, 299_999n, 3_600_000n, 86_400_000n]);
  const made = r.some(8, () => ({
    action_type: r.pick(types),
    wall_ms: wall_ms - ago() - BigInt(r.below(r.pick([1, 1000, 1_000_000]))),
  }));
  return made.sort((a, b) => (a.wall_ms < b.wall_ms ? -1 : 1));
}

/** From 2024 to 2100: a zone's present rule is asked about, not its history. */
const years_from_s = 1_704_067_200n;
const years_s = 2_398_377_600n;

/** Anybody, anything, any time. */
export function anywhere(r) {
  const at = { agent_id: "agt_1", agent_name: r.pick(["bot", "other", "agt_1"]) };
  if (r.chance(3))
    Object.assign(at, {
      delegation_id: "dlg_1",
      delegation_name: r.pick(["child", "o"]),
      delegation_depth: 1n,
    });
  const wall_ms = (years_from_s + (BigInt(r.next()) % years_s)) * 1000n + BigInt(r.below(1000));
  if (r.chance(2)) at.past = pastBefore(r, wall_ms);
  if (at.past && r.chance(4)) at.counted_ms = at.past[0].wall_ms;
  return { ...at, wall_ms };
}
