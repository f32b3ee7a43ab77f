// The program `agentlattice`, as the built package has it, in processes of its own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { house } from "../docs/blocks.mjs";

const program = join(house, "npm/dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "agentlattice-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name, content) => {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(folder, name), text);
  return name;
};

function run(args, { env = {}, input } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
    input,
    env: { ...process.env, NO_COLOR: "", ...env },
  });
  return { code: status, stdout, stderr };
}

/** Without blocking this process, which may be the server. */
async function runBeside(args, env) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

const small = {
  name: "small",
  action_type: "pr.open",
  effect: "conditional",
  conditions: [{ field: "pr_size", operator: "lt", value: 50 }],
};
const reading = { name: "reading", action_type: "repo.*", effect: "allow" };

const store = () => new SqliteStore({ path: join(folder, "ledger.db") });

before(async () => {
  const lattice = await Lattice.open({ store: store(), policies: [small, reading] });
  const al = lattice.agent("bot");
  await al.execute("pr.open", { metadata: { pr_size: 12 } });
  await al.execute("pr.open", { metadata: { pr_size: 30 } });
  await al.execute("repo.read");
  await al.execute("mail.send");
  await al.delegate("reader", { capabilities: ["repo.*"], ttl: 60 }, async (sub) => {
    await sub.execute("repo.read");
    await sub.execute("pr.open", { metadata: { pr_size: 1 } });
  });
  await lattice.close();
});

test("words that make no sense are exit code 2, and say where help is", () => {
  for (const args of [["chekc"], ["policy", "chekc"], ["verify"], ["verify", "a", "b"]]) {
    const { code, stderr } = run(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--help/);
  }
  assert.equal(run(["verify", "x", "--no-such"]).code, 2);
  assert.equal(run([]).code, 2);
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
    const { code, stderr } = run(["policy", "check", "odd.yaml"]);
    assert.equal(code, 1, text);
    assert.match(stderr, new RegExp(`^odd\\.yaml:\\d+:\\d+: .*${what}`, "m"), text);
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
  assert.equal(explain("9007199254740992").code, 1);
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

test("init writes tests that pass, once", () => {
  assert.equal(run(["init", "begun"]).code, 0);
  assert.equal(run(["policy", "test", "begun/policies.test.json", "--coverage"]).code, 0);
  const again = run(["init", "begun"]);
  assert.equal(again.code, 3);
  assert.match(again.stderr, /exists already; nothing was written/);
});

test("replay tells which past decisions would change, and reads the ledger only", () => {
  file("same.json", [small, reading]);
  const before = createHash("sha256")
    .update(readFileSync(join(folder, "ledger.db")))
    .digest("hex");
  const same = run(["replay", "ledger.db", "--policies", "same.json", "--json"]);
  assert.equal(same.code, 0, same.stderr);
  const { summary } = JSON.parse(same.stdout.trim());
  assert.equal(summary.actions, 6);
  assert.deepEqual([summary.unchanged, summary.not_asked, summary.changed], [5, 1, 0]);

  const stricter = { ...small, conditions: [{ field: "pr_size", operator: "lt", value: 20 }] };
  file("stricter.json", [
    stricter,
    {
      ...reading,
      effect: "require_approval",
      conditions: [{ field: "delegation.name", operator: "eq", value: "reader" }],
    },
    { ...reading, name: "others" },
  ]);
  const changed = run(["replay", "ledger.db", "--policies", "stricter.json", "--json"]);
  assert.equal(changed.code, 1);
  const lines = changed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const decisions = lines.filter(({ decision }) => decision).map(({ decision }) => decision);
  assert.deepEqual(
    decisions.map(({ action_type, delegation_name, before: was, after: is }) => [
      action_type,
      delegation_name,
      was.outcome,
      is.outcome,
      is.reason,
    ]),
    [
      ["pr.open", undefined, "executed", "denied", "CONDITIONS_DENIED"],
      ["repo.read", "reader", "executed", "requested", undefined],
    ],
  );
  assert.deepEqual(decisions[0].conditions_evaluated[0].actual, 30);
  assert.match(
    run(["replay", "ledger.db", "--policies", "stricter.json"]).stdout,
    /2 would change, 0 undecidable/,
  );
  assert.equal(
    createHash("sha256")
      .update(readFileSync(join(folder, "ledger.db")))
      .digest("hex"),
    before,
  );
});

test("what was redacted is undecidable, unless no policy looks at it", () => {
  const rows = run(["export", "ledger.db"])
    .stdout.trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  file(
    "redacted.jsonl",
    rows.map(({ row_id, text }) => JSON.stringify({ row_id, text, openings: "" })).join("\n"),
  );
  file("same.json", [small, reading]);
  const { code, stdout } = run(["replay", "redacted.jsonl", "--policies", "same.json", "--json"]);
  assert.equal(code, 1);
  const { summary } = JSON.parse(stdout.trim().split("\n").at(-1));
  assert.deepEqual([summary.undecidable, summary.unchanged, summary.not_asked], [2, 3, 1]);
});

test("verify names the damage and the row, and remembers", () => {
  const sound = run(["verify", "ledger.db", "--pins", "pins.json"]);
  assert.equal(sound.code, 0, sound.stderr);
  assert.match(sound.stdout, /ledger\.db is sound/);
  assert.match(
    run(["verify", "ledger.db", "--pins", "pins.json"]).stdout,
    /agrees with the \d+ rows/,
  );
  const lines = run(["export", "ledger.db"]).stdout.trimEnd().split("\n");
  const first = lines.findIndex((line) => line.includes("action.executed"));
  file("edited.jsonl", lines.with(first, lines[first].replace("pr.open", "pr.nope")).join("\n"));
  file("deleted.jsonl", lines.toSpliced(4, 1).join("\n"));
  file("empty.jsonl", "");
  const verdict = (name) => JSON.parse(run(["verify", name, "--json"]).stdout);
  assert.equal(verdict("edited.jsonl").valid, false);
  assert.deepEqual(
    [verdict("edited.jsonl").damage, verdict("edited.jsonl").row],
    ["edited", first],
  );
  assert.deepEqual([verdict("deleted.jsonl").damage, verdict("deleted.jsonl").row], ["deleted", 4]);
  assert.equal(run(["verify", "empty.jsonl"]).code, 1);
  assert.equal(run(["replay", "deleted.jsonl", "--policies", "same.json"]).code, 3);
  assert.equal(run(["verify", "nowhere.db"]).code, 3);
});

test("a server is replayed and verified with a key from the environment", async (t) => {
  const lattice = await Lattice.open({ policies: [reading] });
  t.after(() => lattice.close());
  await lattice.agent("bot").execute("repo.read");
  const { apiKey } = await lattice.operator().registerOperator({ name: "ada", roles: [] });
  const server = await serve(lattice);
  t.after(() => server.close({ graceMs: 0 }));
  file("nothing.json", []);
  const env = { AL_API_KEY: apiKey };
  const replayed = await runBeside(
    ["replay", server.url, "--policies", "nothing.json", "--json"],
    env,
  );
  assert.equal(replayed.code, 1, replayed.stderr);
  const [{ decision }] = replayed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(decision.after, { outcome: "denied", reason: "NO_MATCHING_POLICY" });
  const verified = await runBeside(["verify", server.url], env);
  assert.equal(verified.code, 0, verified.stderr);
  const refused = await runBeside(["verify", server.url], { AL_API_KEY: "al_wrong" });
  assert.equal(refused.code, 3);
  assert.doesNotMatch(refused.stderr, /al_wrong/);
});

test("keys registers, serve serves, and Ctrl-C ends it", async () => {
  const { api_key: apiKey } = JSON.parse(
    run(["keys", "agent", "bot", "served.db", "--json"]).stdout,
  );
  file("served.json", [reading]);
  const server = spawn(
    process.execPath,
    [program, "serve", "served.db", "--policies", "served.json", "--port", "0", "--json"],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = await once(server.stdout, "data");
  const { url } = JSON.parse(line);
  const answer = await fetch(`${url}/api/v1/whoami`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  assert.equal(answer.ok, true);
  server.kill("SIGINT");
  const [code] = await once(server, "exit");
  assert.equal(code, 0);
  assert.equal(run(["verify", "served.db"]).code, 0);
});

test("a key is made, signs what serve serves, and verify tells whether it did", async () => {
  const name = "lattice.example.com/acme";
  const made = run(["keys", "signing", name, "signing.key", "--json"]);
  assert.equal(made.code, 0, made.stderr);
  const { verifier_key: verifierKey } = JSON.parse(made.stdout);
  const path = join(folder, "signing.key");
  assert.match(readFileSync(path, "utf8"), /^PRIVATE\+KEY\+lattice\.example\.com\/acme\+/);
  if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!made.stdout.includes("PRIVATE"));
  const again = run(["keys", "signing", name, "signing.key"]);
  assert.equal(again.code, 3);
  assert.match(again.stderr, /never overwritten/);
  const other = JSON.parse(run(["keys", "signing", name, "other.key", "--json"]).stdout);

  const { api_key: apiKey } = JSON.parse(
    run(["keys", "operator", "ada", "signed.db", "--json"]).stdout,
  );
  const server = spawn(
    process.execPath,
    [program, "serve", "signed.db", "--signing-key", "signing.key", "--port", "0", "--json"],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const [line] = await once(server.stdout, "data");
    const { url, verifier_key: shown } = JSON.parse(line);
    assert.equal(shown, verifierKey);
    const env = { AL_API_KEY: apiKey };
    const trusted = await runBeside(["verify", url, "--trust", verifierKey, "--json"], env);
    assert.equal(trusted.code, 0, trusted.stderr);
    assert.deepEqual(JSON.parse(trusted.stdout).signed_by, [name]);
    const either = ["verify", url, "--trust", other.verifier_key, "--trust", verifierKey];
    assert.match((await runBeside(either, env)).stdout, /signed by +lattice\.example\.com/);
    const stranger = await runBeside(["verify", url, "--trust", other.verifier_key], env);
    assert.equal(stranger.code, 1, stranger.stderr);
    assert.match(stranger.stdout, /bad_signature/);
    assert.equal((await runBeside(["verify", url, "--trust", "nonsense"], env)).code, 3);
  } finally {
    server.kill("SIGINT");
    await once(server, "exit");
  }
  file("broken.key", "PRIVATE+KEY+x");
  const broken = run(["serve", "signed.db", "--signing-key", "broken.key"]);
  assert.equal(broken.code, 3);
  assert.match(broken.stderr, /Ed25519/);
  assert.equal(run(["serve", "signed.db", "--signing-key", "nowhere.key"]).code, 3);
  assert.equal(run(["verify", "signed.db", "--trust", verifierKey]).code, 2);
});

test("colours are for terminals, or for whoever asks; strangers' text is made harmless", () => {
  const hostile = { ...reading, name: "\u202eevil", description: "x" };
  file("hostile.json", [hostile]);
  const esc = "\u001b";
  const plain = run(["policy", "check", "hostile.json", "same.json"]).stdout;
  assert.ok(!plain.includes(esc) && !plain.includes("\u202e"));
  assert.ok(
    run(["policy", "check", "same.json"], { env: { FORCE_COLOR: "1" } }).stdout.includes(esc),
  );
  const both = run(["policy", "check", "same.json"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  assert.ok(!both.stdout.includes(esc));
});
