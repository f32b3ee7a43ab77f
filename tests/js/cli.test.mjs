// The program `agentlattice`: its words, and what it does with policies.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { house } from "../docs/blocks.mjs";
import { file, reading, run, small } from "./command-line.mjs";

test("words that make no sense are exit code 2, and say where help is", () => {
  for (const args of [["chekc"], ["policy", "chekc"], ["verify"], ["verify", "a", "b"]]) {
    const { code, stderr } = run(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--help/);
  }
  assert.equal(run(["verify", "x", "--no-such"]).code, 2);
  assert.equal(run([]).code, 2);
});

test("what is longer than may be read is refused, not cut", () => {
  const input = `[]${" ".repeat(17 << 20)}`;
  const { code, stdout } = run(["policy", "check", "-"], { input });
  assert.equal(code, 3);
  assert.match(stdout, /- has more than 16777216 bytes/);
});

test("help and version", () => {
  const { code, stdout } = run(["--help"]);
  assert.equal(code, 0);
  const commands = [...stdout.matchAll(/^ {2}(policy \w+|\w+) {2}/gm)].map(([, name]) => name);
  assert.equal(commands.length, 9, stdout);
  for (const name of commands) {
    const help = run([...name.split(" "), "--help"]);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Usage: [\s\S]*Examples:/, name);
  }
  const { version } = JSON.parse(readFileSync(join(house, "npm/package.json"), "utf8"));
  assert.equal(run(["--version"]).stdout, `${version}\n`);
});

test("policy check lists every fault with its line, in JSON files and YAML files alike", () => {
  const text = '{"policies": [\n  {"name": "a",\n   "action_type": "x", "efect": "allow"}]}';
  file("bad.json", text);
  file("bad.yaml", "policies:\n  - name: a\n    action_type: x\n    efect: allow\n");
  const fromJson = run(["policy", "check", "bad.json"]);
  assert.equal(fromJson.code, 1);
  assert.match(
    fromJson.stdout,
    /^bad\.json:3:24: "efect" is not a known field; did you mean "effect"\? \(policy "a"\) \(\/policies\/0\/efect\)$/m,
  );
  const fromYaml = JSON.parse(run(["policy", "check", "bad.yaml", "--json"]).stdout);
  const fault = fromYaml.files[0].faults.find(({ pointer }) => pointer === "/policies/0/efect");
  assert.deepEqual([fault.line, fault.column, fault.policy], [4, 5, "a"]);
  file("no.json", "{");
  assert.equal(run(["policy", "check", "no.json"]).code, 1);
  assert.equal(run(["policy", "check", "missing.json"]).code, 3);
  file("good.json", [small, reading]);
  assert.equal(run(["policy", "check", "good.json"]).code, 0);
  assert.equal(run(["policy", "check", "good.json", "bad.json"]).code, 1);
});

test("policy check goes on behind a file that is no YAML, too deep, or missing, and lists all", () => {
  file("tabs.yaml", "policies:\n\t- name: a\n");
  file("deep.yaml", `- ${"[".repeat(20_000)}`);
  file("two.yaml", "a: 1\n---\nb: 2\n");
  file("last.json", [small]);
  const files = ["tabs.yaml", "deep.yaml", "two.yaml", "nowhere.json", "last.json"];
  const { code, stdout, stderr } = run(["policy", "check", ...files, "--json"]);
  assert.deepEqual([code, stderr], [3, ""]);
  const [tabs, deep, two, nowhere, last] = JSON.parse(stdout).files;
  assert.deepEqual([tabs.faults[0].line, tabs.faults[0].column, tabs.policies], [2, 1, []]);
  assert.deepEqual(deep.faults.at(-1).message, "nested too deeply");
  assert.equal(deep.faults.length, 1);
  assert.match(two.faults[0].message, /documents: a file holds one/);
  assert.match(nowhere.faults[0].message, /cannot read nowhere\.json/);
  assert.equal(last.policies.length, 1);
  const shown = run(["policy", "check", ...files]).stdout;
  assert.match(shown, /^✗ nowhere\.json 1 fault$/m);
  assert.match(shown, /^✓ last\.json 1 policies$/m);
  assert.equal(run(["policy", "check", "tabs.yaml", "last.json"]).code, 1);
});

test("YAML that could mean more than one thing is refused", () => {
  const refused = {
    "an anchor": "- &a {name: x}\n",
    "an alias": "a: &b 1\nc: *b\n",
    "a tag": "- !!str 1\n",
    "a merge key": "a: {<<: {b: 1}}\n",
    unique: "a: 1\na: 2\n",
    documents: "a: 1\n---\nb: 2\n",
    "in JSON": "a: .inf\n",
    "as in JSON": "a: 012\n",
    directive: "%YAML 1.1\n---\na: no\n",
  };
  for (const [what, text] of Object.entries(refused)) {
    file("odd.yaml", text);
    const { code, stdout } = run(["policy", "check", "odd.yaml"]);
    assert.equal(code, 1, text);
    assert.match(stdout, new RegExp(`^odd\\.yaml:\\d+:\\d+: .*${what}`, "m"), text);
  }
});

test("YAML keeps every digit, and reads words as words", () => {
  file(
    "exact.yaml",
    `- name: exact
  action_type: a.b
  effect: conditional
  conditions:
    - { field: id, operator: eq, value: 9007199254740993 }
    - { field: answer, operator: eq, value: no }
`,
  );
  const explain = (id) =>
    run([
      "policy",
      "explain",
      "exact.yaml",
      "--action",
      "a.b",
      "--metadata",
      `{"id": ${id}, "answer": "no"}`,
    ]);
  assert.equal(explain("9007199254740993").code, 0);
  const { code, stdout } = explain("9007199254740992");
  assert.equal(code, 1);
  assert.match(stdout, /✗ +id +eq +9007199254740993 +9007199254740992 /);
});

test("what is shown has all digits, and no string becomes a number", () => {
  const value = 'cost ":1e400';
  const conditions = `[{"field": "id", "operator": "eq", "value": 9007199254740993},
    {"field": "note", "operator": "eq", "value": ${JSON.stringify(value)}}]`;
  file(
    "digits.json",
    `[{"name": "d", "action_type": "a.b", "effect": "conditional",
    "conditions": ${conditions}}]`,
  );
  const metadata = `{"id": 9007199254740992, "note": ${JSON.stringify(value)}}`;
  const given = `{"action_type": "a.b", "metadata": ${metadata}}`;
  const expected =
    '{"decision": "deny", "conditions": [{"field": "id", "actual": 9007199254740991}]}';
  file(
    "digits.test.json",
    `{"policies": "digits.json",
    "tests": [{"name": "t", "given": ${given}, "expect": ${expected}}]}`,
  );
  const explain = ["policy", "explain", "digits.json", "--action", "a.b", "--metadata", metadata];
  for (const args of [explain, ["policy", "test", "digits.test.json"]]) {
    const { stdout } = run([...args, "--json"]);
    assert.match(stdout, /"actual": 9007199254740992,\s+"expected": 9007199254740993,/);
    assert.ok(JSON.stringify(JSON.parse(stdout)).includes(JSON.stringify(value)));
    assert.match(run(args).stdout, /9007199254740993 +9007199254740992 /);
  }
  assert.match(run(["policy", "test", "digits.test.json"]).stdout, /"actual": 9007199254740991/);
});

test("policy test says what differs, and which policies no test reached", () => {
  file("policies.json", [small, reading]);
  file("tests.json", {
    policies: "policies.json",
    tests: [
      {
        name: "small passes",
        given: { action_type: "pr.open", metadata: { pr_size: 1 } },
        expect: { decision: "allow" },
      },
      {
        name: "wrong",
        given: { action_type: "pr.open" },
        expect: { decision: "allow", policy: null },
      },
    ],
  });
  const shown = run(["policy", "test", "tests.json"]);
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /1 passed, 1 failed/);
  assert.match(shown.stdout, /not one +reading/);
  const { tests, coverage } = JSON.parse(run(["policy", "test", "tests.json", "--json"]).stdout);
  assert.deepEqual(
    tests[1].differences.map(({ what, expected, actual }) => [what, expected, actual]),
    [
      ["decision", "allow", "deny"],
      ["policy", null, "small"],
    ],
  );
  assert.deepEqual(coverage, [
    { policy: "reading", tests: 0 },
    { policy: "small", tests: 2 },
  ]);
});

test("policy explain names the option that is wrong, not the file", () => {
  file("right.json", [reading]);
  const wrong = {
    "--action": ["pr open", 'must be dot-separated words such as "pr.merge"'],
    "--metadata": ["[]", "must be an object, not an array"],
    "--data": ["{}", "must be an array, not an object"],
    "--at": ["yesterday", 'must be a moment such as "2026-01-31T12:00:00Z"'],
  };
  const explain = (...args) => run(["policy", "explain", "right.json", ...args]);
  for (const [option, [value, what]] of Object.entries(wrong)) {
    const { code, stderr } = explain("--action", "repo.read", option, value);
    assert.deepEqual([code, stderr], [2, `policy explain: ${option} ${what}\n`]);
  }
  const said = (...args) => explain("--action", "repo.read", ...args).stderr;
  assert.match(said("--metadata", '{"a":1,"a":2}'), /: --metadata: .*"a" appears twice/);
  assert.match(said("--data", '[{"type":"x"}, 5]'), /: --data\/1 must be an object/);
  assert.match(said("--delegation", "x", "--depth", "99"), /: --depth must be .* from 1 to 5/);
  assert.equal(said("--delegation", "x", "--depth", "2", "--data", '[{"type":"x"}]'), "");
});

test("policy explain refuses a depth of no sub-agent", () => {
  file("depth.json", [reading]);
  const args = ["policy", "explain", "depth.json", "--action", "repo.read", "--depth", "2"];
  const { code, stderr } = run(args);
  assert.equal(code, 2);
  assert.match(stderr, /--depth is for a sub-agent/);
  assert.equal(run([...args, "--delegation", "helper"]).code, 0);
});

test("what does not fit into a table goes on in further lines, up to some", () => {
  const value = ["acme/shop", "acme/a-repository-of-a-long-name"];
  const conditions = [{ field: "repo", operator: "in", value }];
  const policy = { name: "p", action_type: "*", effect: "conditional", conditions };
  const policies = file("long.json", [policy]);
  const explain = (repo) =>
    run([
      ...["policy", "explain", policies, "--action", "x"],
      ...["--metadata", JSON.stringify({ repo })],
    ]).stdout;
  const told = explain("acme/another");
  assert.doesNotMatch(told, /…/);
  for (const word of ["repo must be one of", '"acme/another"']) assert.ok(told.includes(word));
  const flood = explain("y".repeat(100_000));
  assert.match(flood, /y…/);
  assert.ok(flood.split("\n").length < 15);
  for (const line of flood.split("\n")) assert.ok([...line].length <= 100);
});

test("init writes tests that pass, once", () => {
  assert.equal(run(["init", "begun"]).code, 0);
  assert.equal(run(["policy", "test", "begun/policies.test.json", "--coverage"]).code, 0);
  const again = run(["init", "begun"]);
  assert.equal(again.code, 3);
  assert.match(again.stderr, /exists already; nothing was written/);
});

test("colours are for terminals, or for whoever asks; strangers' text is made harmless", () => {
  const hostile = { ...reading, name: "\u202eevil", description: "x" };
  file("hostile.json", [hostile]);
  file("harmless.json", [small, reading]);
  const esc = "\u001b";
  const plain = run(["policy", "check", "hostile.json", "harmless.json"]).stdout;
  assert.ok(!plain.includes(esc) && !plain.includes("\u202e"));
  assert.ok(
    run(["policy", "check", "harmless.json"], { env: { FORCE_COLOR: "1" } }).stdout.includes(esc),
  );
  const both = run(["policy", "check", "harmless.json"], {
    env: { FORCE_COLOR: "1", NO_COLOR: "1" },
  });
  assert.ok(!both.stdout.includes(esc));
});
