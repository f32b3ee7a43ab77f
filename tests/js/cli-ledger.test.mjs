// The program `agentlattice`: what it does with ledgers, servers and keys.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { file, folder, program, reading, run, runBeside, small } from "./command-line.mjs";

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
  for (const args of [["verify"], ["replay", "--policies", "same.json"], ["export"]]) {
    const { code, stderr } = run([...args, "empty.jsonl"]);
    assert.deepEqual([code, stderr], [1, "empty.jsonl holds no rows\n"], args[0]);
  }
  assert.equal(run(["replay", "deleted.jsonl", "--policies", "same.json"]).code, 3);
  assert.equal(run(["verify", "nowhere.db"]).code, 3);
});

test("a ledger is read from a stream, line by line, whatever its rows hold", async (t) => {
  const path = join(folder, "odd.db");
  const lattice = await Lattice.open({ store: new SqliteStore({ path }), policies: [small] });
  await lattice.agent("bot").execute("pr.open", { metadata: { pr_size: 1, note: "a\u2028b\rc" } });
  await lattice.close();
  const { stdout: lines } = run(["export", "odd.db"]);
  const rows = (shown) => JSON.parse(shown.stdout).rows_checked;
  const count = rows(run(["verify", "odd.db", "--json"]));
  assert.equal(rows(run(["verify", "-", "--json"], { input: lines })), count);
  assert.equal(
    rows(run(["verify", "-", "--json"], { input: lines.replaceAll("\n", "\r\n") })),
    count,
  );
  const sqlite = run(["verify", "-"], { input: readFileSync(path) });
  assert.deepEqual([sqlite.code, /name its file/.test(sqlite.stderr)], [3, true]);
  if (process.platform === "win32") return t.diagnostic("no pipes by name here");
  const line = 'cat odd.jsonl | "$0" "$1" verify /dev/stdin && "$0" "$1" verify <(cat odd.jsonl)';
  file("odd.jsonl", lines);
  const args = ["-c", line, process.execPath, program];
  const { status, stdout } = spawnSync("bash", args, { cwd: folder, encoding: "utf8" });
  assert.deepEqual([status, stdout.match(/is sound/g).length], [0, 2]);
});

test("verify says what rows alone do not show, and pins do", () => {
  const lines = run(["export", "ledger.db"]).stdout.trimEnd().split("\n");
  const row = JSON.parse(lines.at(-1));
  const edited = { ...row, text: row.text.replace(/("timestamp":"\d)\d/, "$19") };
  const tails = { cut: lines.slice(0, -2), edited: lines.with(-1, JSON.stringify(edited)) };
  for (const [name, tail] of Object.entries(tails)) {
    file("tail.jsonl", lines.join("\n"));
    const pins = `${name}-pins.json`;
    assert.equal(run(["verify", "tail.jsonl", "--pins", pins]).code, 0);
    file("tail.jsonl", tail.join("\n"));
    const { code, stdout } = run(["verify", "tail.jsonl"]);
    assert.equal(code, 0, name);
    assert.match(stdout, /an end cut off or rewritten, up to the whole, would not show/);
    assert.equal(run(["verify", "tail.jsonl", "--pins", pins]).code, 1, name);
  }
});

test("a line's number is that of its row, where it has one", () => {
  const lines = run(["export", "ledger.db"]).stdout.trimEnd().split("\n");
  const { text, openings } = JSON.parse(lines[2]);
  file("numbered.jsonl", lines.with(2, JSON.stringify({ row_id: 7, text, openings })).join("\n"));
  const { code, stderr } = run(["verify", "numbered.jsonl"]);
  const sentence = 'numbered.jsonl:3: "row_id" is 7, but the row itself says 2\n';
  assert.deepEqual([code, stderr], [1, sentence]);
  file("plain.jsonl", lines.with(2, JSON.stringify({ text, openings })).join("\n"));
  assert.equal(run(["verify", "plain.jsonl"]).code, 0);
});

test("verify answers programs with JSON where there is no ledger, too", () => {
  file("empty.jsonl", "");
  file("other.jsonl", '{"row_id": 0}\n');
  writeFileSync(join(folder, "cut.db"), readFileSync(join(folder, "ledger.db")).subarray(0, 5000));
  for (const [name, expected] of Object.entries({
    "empty.jsonl": 1,
    "other.jsonl": 1,
    "cut.db": 3,
    "nowhere.db": 3,
  })) {
    const { code, stdout, stderr } = run(["verify", name, "--json"]);
    assert.equal(code, expected, name);
    const { valid, damage, message } = JSON.parse(stdout);
    assert.deepEqual([valid, damage, `${message}\n`], [false, null, stderr]);
  }
});

test("verify tells in one sentence of pins that are none, and of an output that is full", () => {
  for (const text of ["{", "[]", JSON.stringify({ [join(folder, "ledger.db")]: 5 })]) {
    file("broken-pins.json", text);
    const { code, stderr } = run(["verify", "ledger.db", "--pins", "broken-pins.json"]);
    assert.equal(code, 3, text);
    assert.match(stderr, /^[^\n]*broken-pins\.json holds no checkpoint[^\n]*\n$/);
    assert.equal(readFileSync(join(folder, "broken-pins.json"), "utf8"), text);
  }
  if (!existsSync("/dev/full")) return;
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, [program, "verify", "ledger.db"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  assert.equal(status, 3);
  assert.match(stderr, /^cannot write to the standard output: [^\n]*\n$/);
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

test("keys shows the id beside the key, and revokes by name or id", () => {
  const made = run(["keys", "agent", "lost", "revoked.db"]).stdout;
  const [, id] = /^ {2}id +(agt-\S+)$/m.exec(made);
  const [, keyId] = /^ {2}key id +(key-\S+)$/m.exec(made);
  const unknown = run(["keys", "revoke", "nobody", "revoked.db", "--key", keyId]);
  assert.deepEqual([unknown.code, /no agent "nobody"/.test(unknown.stderr)], [3, true]);
  assert.equal(run(["keys", "revoke", id, "revoked.db", "--key", keyId]).code, 0);
  const again = run(["keys", "revoke", "lost", "revoked.db", "--key", keyId]);
  assert.deepEqual([again.code, again.stderr], [3, '"lost" has no such key\n']);

  const ada = JSON.parse(run(["keys", "operator", "ada", "revoked.db", "--json"]).stdout);
  assert.equal(run(["keys", "revoke", "ada", "revoked.db", "--key", ada.key_id]).code, 0);

  const mistyped = run(["keys", "revoke", "ada", "revokde.db", "--key", ada.key_id]);
  assert.deepEqual(
    [mistyped.code, mistyped.stderr],
    [3, "keys revoke: there is no ledger revokde.db\n"],
  );
  assert.ok(!existsSync(join(folder, "revokde.db")));
});

test("keys refuses the options of others, and registers nobody", () => {
  for (const [what, option, owner] of [
    ["operator", "capability", "agent"],
    ["agent", "role", "operator"],
    ["agent", "key", "revoke"],
    ["signing", "role", "operator"],
  ]) {
    const { code, stderr } = run(["keys", what, "eve", "refused.db", `--${option}`, "x"]);
    assert.equal(code, 2);
    assert.ok(stderr.startsWith(`keys ${what}: --${option} is for keys ${owner}`), stderr);
  }
  assert.ok(!existsSync(join(folder, "refused.db")));
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
    const { stdout } = await runBeside(either, env);
    assert.match(stdout, /signed by +lattice\.example\.com/);
    assert.match(stdout, /a return to an earlier signed checkpoint would not show/);
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
