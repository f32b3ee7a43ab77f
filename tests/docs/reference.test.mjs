// What the documentation says about the sources, compared with the sources.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { documents, house, textOf } from "./blocks.mjs";

const source = (path) => readFileSync(join(house, path), "utf8");
const all = (pattern, text) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);
/** The cells of the table whose first title is `title`. */
const tableOf = (document, title) => {
  const lines = textOf(document).split("\n");
  const begin = lines.findIndex((line) => line.startsWith(`| ${title} |`));
  assert.notEqual(begin, -1, `${document} has no table "${title}"`);
  const length = lines.slice(begin).findIndex((line) => !line.startsWith("|"));
  return lines.slice(begin + 2, begin + length).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};
const quoted = (cell) => all(/`([^`]+)`/g, cell).flat();
const sorted = (items) => [...items].sort();

test("docs/wire.md has exactly the endpoints of src/wire/endpoints.cc", () => {
  const entry = /"\w+",\s*Method::(\w+),\s*"([^"]+)",\s*(\w+),\s*(doc|ours)\}/g;
  const who = {
    agent: "agent",
    operator_: "operator",
    owner: "owner",
    any_principal: "both",
    anyone: "anyone",
  };
  const ofSource = all(entry, source("src/wire/endpoints.cc")).map(
    ([method, path, audience, origin]) =>
      [
        `${method.replace("_", "").toUpperCase()} ${path}`,
        who[audience],
        origin === "doc" ? "documented" : "ours",
      ].join(" | "),
  );
  const ofDocument = tableOf("docs/wire.md", "endpoint").map(([endpoint, audience, origin]) =>
    [quoted(endpoint)[0].replace(/\{\w+\}/g, "{}"), audience, origin].join(" | "),
  );
  assert.ok(ofSource.length > 20, "the table was not found");
  assert.deepEqual(sorted(ofDocument), sorted(ofSource));
});

test("docs/wire.md has exactly the codes of src/wire/codes.cc", () => {
  const texts = Object.fromEntries(
    all(/Code::(\w+):\s*return "(\w+)"/g, source("src/base/error.cc")),
  );
  const entry = /Code::(\w+), \{(\d+), (?:ErrorClass::)?(\w+), (true|false)\}/g;
  const ofSource = all(entry, source("src/wire/codes.cc")).map(
    ([code, status, kind, retryable]) => [
      `\`${texts[code]}\``,
      status === "0" ? "–" : status,
      kind === "plain"
        ? "`AgentLatticeError`"
        : `\`AgentLattice${kind[0].toUpperCase()}${kind.slice(1)}Error\``,
      retryable === "true" ? "yes" : "no",
    ],
  );
  assert.ok(ofSource.length > 20, "the table was not found");
  assert.deepEqual(tableOf("docs/wire.md", "code"), ofSource);
});

test("docs/wire.md has exactly the limits of src/wire/limits.h", () => {
  const number = (text) => {
    const [base, shift] = text.replaceAll("'", "").split("<<").map(Number);
    return String(shift === undefined ? base : base * 2 ** shift);
  };
  const ofSource = all(/constexpr [\w:]+ (\w+) = ([^;]+);/g, source("src/wire/limits.h")).map(
    ([name, value]) => `${name} ${number(value)}`,
  );
  const ofDocument = tableOf("docs/wire.md", "limit").map(
    ([name, value]) => `${quoted(name)[0]} ${value}`,
  );
  assert.deepEqual(sorted(ofDocument), sorted(ofSource));
});

test("docs/policy.md has exactly the operators, fields, keys and effects of src/policy", () => {
  const operators = /operator_names\(\) \{[^{]*\{([^}]*)\}/.exec(
    source("src/policy/operators.cc"),
  )[1];
  assert.deepEqual(
    sorted(tableOf("docs/policy.md", "operator").flatMap(([cell]) => quoted(cell))),
    sorted(all(/"(\w+)"/g, operators).flat()),
  );
  const fields = all(/KernelField\{"([\w.]+)"/g, source("src/policy/field.cc")).flat();
  const documented = tableOf("docs/policy.md", "field").flatMap(([cell]) => quoted(cell));
  const spaces = /^(data|agent|delegation|time|rate)\./;
  assert.deepEqual(sorted(documented.filter((field) => spaces.test(field))), sorted(fields));
  const compiler = source("src/policy/policy.cc");
  const keys = all(/reader_\.(?:\w+)\("(\w+)"/g, compiler)
    .flat()
    .filter((key) => key !== "fault");
  assert.deepEqual(
    sorted(tableOf("docs/policy.md", "key").flatMap(([cell]) => quoted(cell))),
    sorted(new Set(keys)),
  );
  const effects = /effect_names\{([^}]*)\}/.exec(compiler)[1];
  for (const [effect] of all(/"(\w+)"/g, effects)) {
    assert.match(textOf("docs/policy.md"), new RegExp(`\`${effect}\``));
  }
});

test("npm/policy.schema.json has exactly the operators, fields, keys, effects and names of src/policy", () => {
  const { $defs } = JSON.parse(source("npm/policy.schema.json"));
  const listOf = (path, pattern) => all(/"([\w.]+)"/g, pattern.exec(source(path))[1]).flat();
  const { operator, field } = $defs.leaf.properties;
  assert.deepEqual(
    operator.enum,
    listOf("src/policy/operators.cc", /operator_names\(\) \{[^{]*\{([^}]*)\}/),
  );
  assert.equal(field.$ref, "#/$defs/field");
  const [{ enum: fields }] = $defs.field.anyOf;
  assert.deepEqual(fields, all(/KernelField\{"([\w.]+)"/g, source("src/policy/field.cc")).flat());
  const { effect, ...properties } = $defs.policy.properties;
  assert.deepEqual(effect.enum, listOf("src/policy/policy.cc", /effect_names\{([^}]*)\}/));
  const keys = tableOf("docs/policy.md", "key").flatMap(([cell]) => quoted(cell));
  const approval = Object.keys($defs.approval.properties);
  assert.deepEqual(
    sorted([...Object.keys(properties), "effect"]),
    sorted(keys.filter((key) => !approval.includes(key))),
  );
  const readers = all(/terms(?:\.\w+\(|, )"(\w+)"/g, source("src/policy/policy.cc")).flat();
  assert.deepEqual(sorted(approval), sorted(new Set(readers)));
  const enums = $defs.leaf.allOf.flatMap(
    ({ then }) => then.properties?.value?.anyOf?.[0]?.enum ?? [],
  );
  const names = ["sensitivity", "weekday"].flatMap((what) =>
    listOf("src/policy/scalar.cc", new RegExp(`${what}_names\\(\\) \\{[^{]*\\{([^}]*)\\}`)),
  );
  assert.deepEqual(enums, names);
});

test("docs/policy.md explains every reason for a denial", () => {
  const reasons = [
    ...all(/return "([A-Z_]+)";/g, source("src/policy/policy_set.cc")),
    ...all(/= "([A-Z_]+)"/g, source("src/engine/denial.h")),
    ...all(/"((?:APPROVAL|DENIED)_[A-Z_]+)"/g, source("src/client/settlement.cc")),
  ].flat();
  assert.ok(reasons.length > 10);
  const explained = tableOf("docs/policy.md", "reason").flatMap(([cell]) => quoted(cell));
  assert.deepEqual(sorted(explained), sorted(new Set(reasons)));
});

test("docs/audit.md has exactly the types of rows of src/engine/events.cc", () => {
  const events = source("src/engine/events.cc");
  const types = new Set(
    all(
      /"((?:ledger|agent|operator|key|policy|settings|breaker|anomaly|action|approval|delegation|outcome|row|snapshot)\.[a-z]+)"/g,
      events,
    ).flat(),
  );
  const documented = tableOf("docs/audit.md", "type").flatMap(([cell]) => quoted(cell));
  assert.deepEqual(sorted(documented), sorted(types));
});

test("docs/enforcement.md has exactly the settings of src/engine/settings.cc, with their defaults", () => {
  const number = (text) => text.replaceAll("'", "");
  const defaults = Object.fromEntries(
    ["src/approval/approval.h", "src/breaker/circuit.h", "src/anomaly/baseline.h"].flatMap(
      (header) => all(/std::int64_t (\w+) = (\d+);/g, source(header)),
    ),
  );
  const entry = /Field<(\w+)>\{"(\w+)", ([\d']+), ([\d']+),/g;
  const section = { Anomalies: "anomalies", Approvals: "approvals", Breaker: "breaker" };
  const ofSource = all(entry, source("src/engine/settings.cc")).map(
    ([kind, name, min, max]) =>
      `${section[kind]}.${name} | ${number(min)}–${number(max)} | ${defaults[name]}`,
  );
  assert.ok(ofSource.length > 10, "the table was not found");
  const ofDocument = tableOf("docs/enforcement.md", "setting").map(
    ([name, , range, preset]) => `${quoted(name)[0]} | ${range} | ${preset}`,
  );
  assert.deepEqual(sorted(ofDocument), sorted(ofSource));
});

test("docs/realtime.md has exactly the event types of src/wire/realtime.cc", () => {
  const types = /types\{([^}]*)\}/.exec(source("src/wire/realtime.cc"))[1];
  assert.deepEqual(
    sorted(tableOf("docs/realtime.md", "event").flatMap(([cell]) => quoted(cell))),
    sorted(all(/"([\w.]+)"/g, types).flat()),
  );
});

test("links between documents lead somewhere", () => {
  for (const document of documents()) {
    for (const [target] of all(/\]\((?!https?:)([^)#]+)\)/g, textOf(document))) {
      assert.ok(existsSync(join(house, dirname(document), target)), `${document}: ${target}`);
    }
  }
});

test("paths that CONTRIBUTING.md sends people to exist", () => {
  const exists = (path) => {
    const [folder, name] = [dirname(path), path.split("/").at(-1)];
    if (!name.includes("*")) return existsSync(join(house, path));
    return existsSync(join(house, folder));
  };
  for (const [, edit, tests] of tableOf("CONTRIBUTING.md", "to change")) {
    for (const path of [...quoted(edit), ...quoted(tests)]) {
      if (path.includes("/")) assert.ok(exists(path), `CONTRIBUTING.md: ${path}`);
    }
  }
});
