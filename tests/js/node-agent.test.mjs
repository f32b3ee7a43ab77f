// The main job of `npm start`, from outside: what a person sees, exit codes, and what is left behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../../npm/dist/stores/sqlite-driver.js";

const agent = fileURLToPath(new URL("../../examples/node-agent/agent.mjs", import.meta.url));
const policiesPath = fileURLToPath(
  new URL("../../examples/node-agent/policies.json", import.meta.url),
);
const rows_first = 24;
const rows_next = 16;

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "agentlattice-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs the agent without a terminal. `onOutput(text, child)` is told of all output so far, as it comes. */
function run(args, { onOutput = () => {}, stdin = "ignore", after = () => {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [agent, ...args], { stdio: [stdin, "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      onOutput(stdout, child);
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    after(child);
  });
}

async function fails(args, message) {
  const { code, stderr } = await run(args);
  assert.match(stderr, message);
  assert.match(stderr, /^\nerror: /);
  assert.doesNotMatch(stderr, /\n\s+at |node:internal|Warning/);
  assert.equal(code, 1);
  return stderr;
}

test("a run tells the whole story; the next one continues its ledger", async (t) => {
  const data = folder(t);
  const first = await run(["--yes", "--data", data]);
  assert.equal(first.stderr, "");
  assert.equal(first.code, 0);
  const told = [
    /ledger\.db \(new; /,
    /answered by itself: --yes/,
    /✓ repo\.read .*executed by reading-is-free/,
    /✗ mail\.send .*denied NO_MATCHING_POLICY/,
    /denied CONDITIONS_DENIED by small-pull-requests/,
    /pr_size must be less than 50; it is 68: reduce it by 19/,
    /splits its 68 files into 34 and 34/,
    /digest {4}[0-9a-f]{64}/,
    /executed as approved by automatic, "answered by itself: --yes"/,
    /✓ reader repo\.read .*executed/,
    /✗ tester pr\.merge .*denied DELEGATION_SCOPE/,
    /ci\.run reported: success/,
    new RegExp(`all ${rows_first} rows recomputed`),
    new RegExp(`must extend these ${rows_first} rows`),
    /Posture \d+ of 100/,
    /policy coverage +█+░* +\d+\/25/,
    /row +time +what/,
    new RegExp(`${rows_first - 1} +[0-9:]{8} +outcome\\.reported`),
  ];
  for (const pattern of told) assert.match(first.stdout, pattern);
  assert.ok(!first.stdout.includes("\u001b"), "no colours without a terminal");

  const second = await run(["--yes", "--data", data]);
  assert.equal(second.code, 0);
  assert.match(second.stdout, new RegExp(`\\(${rows_first} rows, continued; `));
  assert.match(second.stdout, /\(5, unchanged\)/);
  assert.match(second.stdout, new RegExp(`extends the ${rows_first} rows pinned last time`));
  assert.match(second.stdout, new RegExp(`all ${rows_first + rows_next} rows recomputed`));
});

test("without a terminal it says so and answers by itself, whatever stdin holds", async (t) => {
  const { code, stdout } = await run(["--data", folder(t)], {
    stdin: "pipe",
    after: (child) => {
      child.stdin.on("error", () => {});
      child.stdin.end("n\n\u0003garbage");
    },
  });
  assert.match(stdout, /answered by itself: there is no terminal/);
  assert.match(stdout, /approved by automatic/);
  assert.equal(code, 0);
});

test("an edited row is one clear error, and the file is left alone", async (t) => {
  const data = folder(t);
  await run(["--yes", "--data", data]);
  const ledger = join(data, "ledger.db");
  await change(
    ledger,
    "UPDATE ledger SET text = replace(text, 'pr.open', 'pr.oben') WHERE row_id = 9",
  );
  const before = readFileSync(ledger);
  const message = await fails(["--yes", "--data", data], /row 9/);
  assert.match(message, /ledger\.db: .*restore it from a copy/);
  assert.deepEqual(readFileSync(ledger), before);
});

test("a ledger whose end was cut off, or that was begun anew, is found by its pin", async (t) => {
  const data = folder(t);
  await run(["--yes", "--data", data]);
  const ledger = join(data, "ledger.db");
  await change(ledger, "DELETE FROM ledger WHERE row_id >= 20");
  await fails(["--yes", "--data", data], /has 20 rows, but 24 were pinned: its end was cut off/);
  for (const file of ["", "-wal", "-shm"]) rmSync(`${ledger}${file}`, { force: true });
  await fails(["--yes", "--data", data], /has 0 rows, but 24 were pinned/);

  // Another ledger of the same length: sound in itself, and not the one that was pinned.
  const other = folder(t);
  await run(["--yes", "--data", other]);
  writeFileSync(join(other, "checkpoint"), readFileSync(join(data, "checkpoint")));
  await fails(["--yes", "--data", other], /its first 24 rows are not those that were pinned/);
  writeFileSync(join(other, "checkpoint"), "scribble");
  await fails(["--yes", "--data", other], /is not a checkpoint; remove it to begin anew/);
});

async function change(path, sql) {
  const database = await openDatabase(path);
  database.exec(sql);
  database.close();
}

test("every fault of a policy file is named with its place, and nothing runs", async (t) => {
  const data = folder(t);
  const path = join(data, "typo.json");
  const { policies } = JSON.parse(readFileSync(policiesPath, "utf8"));
  policies[0].effect = "alow";
  policies[2].conditions[1].operator = "less_than";
  writeFileSync(path, JSON.stringify({ policies }));
  const message = await fails(
    ["--yes", "--data", data, "--policies", path],
    /typo\.json: 2 faults/,
  );
  assert.match(
    message,
    /\/policies\/0\/effect .*did you mean "allow"\? \(policy "reading-is-free"\)/,
  );
  assert.match(message, /\/policies\/2\/conditions\/1\/operator .*did you mean "lt"\?/);
  const next = await run(["--yes", "--data", data]);
  assert.equal(next.code, 0, next.stderr);
});

test("other bad input is one clear error each", async (t) => {
  const data = folder(t);
  const broken = join(data, "broken.json");
  writeFileSync(broken, '{"policies": [\n  {"name": "a",}\n]}');
  await fails(["--data", data, "--policies", broken], /broken\.json is not JSON: .*\(line 2\)/);
  await fails(["--data", data, "--policies", join(data, "none")], /there is no policy file .*none/);
  await fails(["--data", data, "--policies", data], /cannot read the policy file .*EISDIR/);
  await fails(["--data", broken], /cannot use .*broken\.json as data folder/);
  await fails(["--dta", data], /Unknown option '--dta'; --help lists the options/);
  writeFileSync(join(data, "ledger.db"), "not a database, but long enough to look at twice");
  await fails(["--yes", "--data", data], /ledger\.db: it is not a SQLite file/);
  const help = await run(["--help"]);
  assert.match(help.stdout, /--policies FILE/);
  assert.equal(help.code, 0);
});

test("a reader who has seen enough is no error", async (t) => {
  const { code, stderr } = await run(["--yes", "--data", folder(t)], {
    onOutput: (_, child) => child.stdout.destroy(),
  });
  assert.equal(stderr, "");
  assert.equal(code, 0);
});

test("Ctrl-C at any moment leaves a ledger that the next run continues", async (t) => {
  const data = folder(t);
  for (const moment of [/^AgentLattice/, /2 Adapt/, /asks, and waits/, /4 Delegate/, /6 Verify/]) {
    let sent = false;
    const { code, stderr } = await run(["--yes", "--data", data], {
      onOutput: (text, child) => {
        if (!sent && moment.test(text)) sent = child.kill("SIGINT");
      },
    });
    // The last steps may be done before the signal arrives.
    if (code !== 0) {
      assert.equal(code, 130);
      assert.match(stderr, /^\ninterrupted; the ledger is complete up to here.*\n$/);
    }
  }
  const last = await run(["--yes", "--data", data]);
  assert.equal(last.code, 0, last.stderr);
  assert.match(last.stdout, /rows recomputed/);
});

// A terminal for the agent, and a person at it: answers are typed when their question is there.
const person = `
import json, os, pty, select, sys
questions = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
seen = ""
while True:
    try: chunk = os.read(terminal, 65536)
    except OSError: break
    if not chunk: break
    seen += chunk.decode(errors="replace"); sys.stdout.write(chunk.decode(errors="replace")); sys.stdout.flush()
    if questions and questions[0][0] in seen:
        seen = ""; os.write(terminal, questions.pop(0)[1].encode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

function atTerminal(args, answers) {
  return new Promise((resolve) => {
    const child = spawn(
      "python3",
      ["-c", person, JSON.stringify(answers), process.execPath, agent, ...args],
      { env: { ...process.env, NO_COLOR: "1", TERM: "xterm" } },
    );
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("close", (code) => resolve({ code, output }));
  });
}

test("at a terminal a person approves, with a reason", async (t) => {
  const { code, output } = await atTerminal(
    ["--data", folder(t)],
    [
      ["Shall pr.merge run?", "perhaps\r"],
      ["Please answer y or n", "yes\r"],
      ["Why?", "reviewed with \u00dcmit\r"],
    ],
  );
  assert.match(output, /answered by you, here/);
  assert.match(output, /executed as approved by person, "reviewed with Ümit"/);
  assert.equal(code, 0, output);
});

test("at a terminal a person denies, and the agent goes on without", async (t) => {
  const { code, output } = await atTerminal(
    ["--data", folder(t)],
    [
      ["Shall pr.merge run?", "n\r"],
      ["Why?", "not on a Friday\r"],
    ],
  );
  assert.match(output, /DENIED_BY_REVIEWER by person, "not on a Friday"/);
  assert.match(output, /goes on without the merge/);
  assert.equal(code, 0, output);
});

test("what was typed before the question is no answer to it", async (t) => {
  const { output } = await atTerminal(
    ["--data", folder(t)],
    [
      ["AgentLattice", "y\ry\ry\r"],
      ["Shall pr.merge run?", "n\r"],
      ["Why?", "\r"],
    ],
  );
  assert.match(output, /denied DENIED_BY_REVIEWER by person/);
});

test("a terminal that is closed instead of answered has denied", async (t) => {
  const { output } = await atTerminal(["--data", folder(t)], [["Shall pr.merge run?", "\u0004"]]);
  assert.match(output, /DENIED_BY_REVIEWER by person, "the terminal was closed without an/);
});

test("Ctrl-C at the question ends the run; the next one goes on waiting for the same answer", async (t) => {
  const data = folder(t);
  const first = await atTerminal(["--data", data], [["Shall pr.merge run?", "\u0003"]]);
  assert.match(first.output, /interrupted; the ledger is complete up to here/);
  assert.equal(first.code, 130, first.output);
  assert.ok(existsSync(join(data, "ledger.db")));
  const digest = /digest +([0-9a-f]{64})/.exec(first.output)[1];
  const second = await run(["--yes", "--data", data]);
  assert.match(second.stdout, /goes on waiting/);
  assert.ok(second.stdout.includes(digest), "the same approval");
  assert.match(second.stdout, /executed as approved by automatic/);
  assert.equal(second.code, 0, second.stderr);
});

test("what an agent writes cannot move a terminal's cursor, colour it, or turn its text around", async () => {
  const { visible, json, wrap } = await import("../../examples/node-agent/terminal.mjs");
  const hostile = "safe\u001b[2K\r\u009b31m\u202erm -rf\u2066\u200b\u{e0041}\u3164\n\u2028end";
  assert.equal(
    visible(hostile),
    "safe\\u{1b}[2K\\u{d}\\u{9b}31m\\u{202e}rm -rf\\u{2066}\\u{200b}\\u{e0041}\\u{3164}\\u{a}\\u{2028}end",
  );
  assert.equal(
    json({ a: "\u202e", list: [1, { b: 2 }] }),
    '{"a": "\\u{202e}", "list": [1, {"b": 2}]}',
  );
  const long = "word ".repeat(30) + "x".repeat(200);
  assert.equal(wrap(long, 40).join("").replaceAll(" ", ""), long.replaceAll(" ", ""));
  assert.ok(wrap(long, 40).every((line) => line.length <= 40));
});
