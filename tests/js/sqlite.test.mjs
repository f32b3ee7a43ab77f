import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { openDatabase, readingArrays } from "../../npm/dist/stores/sqlite-driver.js";
import { failure, firstPending, openLattice } from "./house.mjs";

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "agentlattice-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function openStore(t, path) {
  const store = new SqliteStore({ path });
  t.after(() => store.close());
  await store.open();
  return store;
}

const rows = (from, count) =>
  Array.from({ length: count }, (_, n) => [
    `{"row":${from + n}}`,
    n % 2 ? `{"ü":"\u{1f600}"}` : "",
  ]);
/** Opening must fail, and must not change a byte. */
async function refuses(path, message) {
  const before = readFileSync(path);
  const error = await failure(new SqliteStore({ path }).open(), "LEDGER_CORRUPT");
  assert.match(error.message, message);
  assert.ok(error.message.startsWith(path), error.message);
  assert.match(error.message, /left as it is; restore/);
  assert.deepEqual(readFileSync(path), before);
}

test("rows come back byte for byte, in order, after reopening", async (t) => {
  const path = join(folder(t), "ledger.db");
  const first = await openStore(t, path);
  first.append(0, rows(0, 3));
  first.append(3, rows(3, 2));
  first.close();
  first.close();
  const second = await openStore(t, pathToFileURL(path));
  assert.deepEqual(second.read(0, 100), [...rows(0, 3), ...rows(3, 2)]);
  assert.deepEqual(second.read(1, 2), rows(0, 3).slice(1));
  assert.deepEqual(second.read(5, 100), []);
});

test("rows are read alike where the driver gives only objects", async (t) => {
  const database = await openDatabase(":memory:");
  t.after(() => database.close());
  const statement = database.prepare("SELECT ? AS b, 'x' AS a");
  const older = readingArrays({ all: (...values) => statement.all(...values) });
  assert.deepEqual(older.all(1), [[1, "x"]]);
  assert.deepEqual(readingArrays(statement).all(1), [[1, "x"]]);
});

test("an append leaves no gap and overwrites nothing, all or none", async (t) => {
  const store = await openStore(t, join(folder(t), "ledger.db"));
  store.append(0, rows(0, 2));
  assert.throws(() => store.append(3, rows(3, 1)), {
    code: "LEDGER_UNAVAILABLE",
    message: /row 2 comes next, not 3/,
  });
  assert.throws(() => store.append(1, rows(1, 1)), {
    code: "LEDGER_UNAVAILABLE",
    message: /another process writes/,
  });
  assert.throws(
    () =>
      store.append(2, [
        ["a", ""],
        ["b", null],
      ]),
    { code: "LEDGER_UNAVAILABLE" },
  );
  assert.deepEqual(store.read(0, 9), rows(0, 2));
  store.append(2, rows(2, 1));
  assert.equal(store.read(0, 9).length, 3);
});

test("of two writers the second is refused, and the first need not have closed", async (t) => {
  const path = join(folder(t), "ledger.db");
  const ours = await openStore(t, path);
  const theirs = `import { SqliteStore } from "@agentlattice/wasm/sqlite";
    const store = new SqliteStore({ path: ${JSON.stringify(path)}, busyTimeoutMs: 100 });
    try {
      await store.open();
      store.append(1, [["theirs", ""]]);
      console.log("written");
    } catch (error) {
      console.log(error.code, error.retryable, error.message);
    }
    process.exit(); // without closing`;
  const run = () =>
    execFileSync(process.execPath, ["--input-type=module", "--eval", theirs], {
      cwd: import.meta.dirname,
      encoding: "utf8",
    }).trim();
  const refused = run();
  assert.match(
    refused,
    /^LEDGER_UNAVAILABLE true .*ledger\.db is open in another program or thread/,
  );
  ours.append(0, rows(0, 1));
  ours.close();
  assert.equal(run(), "written");
  const again = await openStore(t, path);
  assert.deepEqual(again.read(1, 9), [["theirs", ""]]);
});

test("a file that is open in this process is not opened twice", async (t) => {
  const path = join(folder(t), "ledger.db");
  const store = await openStore(t, path);
  const error = await failure(new SqliteStore({ path }).open(), "LEDGER_UNAVAILABLE");
  assert.match(error.message, /open in this process already/);
  store.close();
  await openStore(t, path);
});

/** Another program opens the file, reads it and closes it: it removes the log, unless somebody has a lock on the file. */
const visit = (path) =>
  execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { openDatabase } from "../../npm/dist/stores/sqlite-driver.js";
      const database = await openDatabase(${JSON.stringify(path)});
      database.prepare("SELECT count(*) FROM ledger").get();
      database.close();`,
    ],
    { cwd: import.meta.dirname },
  );

const secondOpenings = {
  "in another thread": async (path) => {
    const script = `import("${import.meta.resolve("@agentlattice/wasm/sqlite")}").then(async ({ SqliteStore }) => {
      const store = new SqliteStore({ path: ${JSON.stringify(path)}, readOnly: true });
      await store.open();
      if (store.size() !== 3) throw new Error("other rows");
      store.close();
    });`;
    const worker = new Worker(script, { eval: true });
    await new Promise((resolve, reject) => worker.once("error", reject).once("exit", resolve));
  },
  "through a link": async (path) => {
    const link = `${path}.link`;
    symlinkSync(path, link);
    const store = new SqliteStore({ path: link, readOnly: true });
    const error = await failure(store.open(), "LEDGER_UNAVAILABLE");
    assert.match(error.message, /open in this process already/);
  },
};

for (const [how, openAgain] of Object.entries(secondOpenings)) {
  test(`a file that is open keeps its lock when it is opened ${how}`, async (t) => {
    const path = join(folder(t), "ledger.db");
    const store = await openStore(t, path);
    store.append(0, rows(0, 3));
    await openAgain(path);
    visit(path);
    assert.ok(existsSync(`${path}-wal`), "another program could remove the log");
    store.append(3, rows(3, 2));
    // As after a crash: nobody closed it.
    const crashed = join(folder(t), "ledger.db");
    copyFileSync(path, crashed);
    copyFileSync(`${path}-wal`, `${crashed}-wal`);
    assert.deepEqual((await openStore(t, crashed)).read(0, 9), [...rows(0, 3), ...rows(3, 2)]);
  });
}

test("after closing, the one file holds everything", async (t) => {
  const path = join(folder(t), "ledger.db");
  const store = await openStore(t, path);
  store.append(0, rows(0, 500));
  store.close();
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  assert.equal((await openStore(t, copy)).read(0, 1000).length, 500);
});

test("a file of another kind is refused and left alone", async (t) => {
  const path = join(folder(t), "notes.txt");
  writeFileSync(path, "these are my notes\n".repeat(50));
  await refuses(path, /not a SQLite file/);
  writeFileSync(path, "short");
  await refuses(path, /not a SQLite file/);
  writeFileSync(`${path}-shm`, "");
  await refuses(path, /not a SQLite file/);
  writeFileSync(path, "these are my notes\n".repeat(50));
  await refuses(path, /not a SQLite file/);
});

test("another program's database is refused and left alone", async (t) => {
  const path = join(folder(t), "other.db");
  const other = await openDatabase(path);
  other.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  other.close();
  await refuses(path, /not a ledger of this program/);
  const used = await openDatabase(path);
  used.exec("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)");
  assert.ok(existsSync(`${path}-shm`));
  await refuses(path, /not a ledger of this program/);
  used.close();
});

test("a newer version's file is refused and left alone", async (t) => {
  const path = join(folder(t), "newer.db");
  (await openStore(t, path)).close();
  const newer = await openDatabase(path);
  newer.exec("PRAGMA user_version = 9");
  await refuses(path, /newer version of this package \(layout 9/);
  newer.close();
  await refuses(path, /newer version of this package \(layout 9/);
});

test("an empty file is a new ledger", async (t) => {
  const path = join(folder(t), "ledger.db");
  writeFileSync(path, "");
  const store = await openStore(t, path);
  store.append(0, rows(0, 1));
  assert.equal(store.read(0, 9).length, 1);
});

test("a missing folder is one clear error", async (t) => {
  const error = await failure(
    new SqliteStore({ path: join(folder(t), "no", "ledger.db") }).open(),
    "LEDGER_UNAVAILABLE",
  );
  assert.match(error.message, /its folder does not exist; create it first/);
});

test("a missing path is refused at once", () => {
  assert.throws(() => new SqliteStore({}), {
    code: "INVALID_ARGUMENT",
    message: /"path" is missing/,
  });
  assert.throws(() => new SqliteStore({ path: "a", mode: 1 }), {
    code: "INVALID_ARGUMENT",
    message: /no option "mode"/,
  });
});

test("a lattice goes on where it stopped", async (t) => {
  const path = join(folder(t), "ledger.db");
  const first = await openLattice(t, { store: new SqliteStore({ path }) });
  const gate = first.agent("a").gate("pr.merge");
  gate.catch(() => {});
  const { approvalId } = await firstPending(first.operator());
  const rowsBefore = (await first.agent("a").verify()).rowsChecked;
  await first.close();

  const second = await openLattice(t, { store: new SqliteStore({ path }) });
  await second.operator().approve(approvalId, "after the restart");
  const result = await second.agent("a").resumeGate(approvalId);
  assert.equal(result.status, "executed");
  assert.equal(result.approval.reason, "after the restart");
  const verified = await second.agent("a").verify();
  assert.equal(verified.chainValid, true);
  assert.equal(verified.rowsChecked, rowsBefore + 2);
});

async function writtenLedger(t) {
  const path = join(folder(t), "ledger.db");
  const lattice = await openLattice(t, { store: new SqliteStore({ path }) });
  const al = lattice.agent("a");
  for (let n = 0; n < 200; ++n)
    await al.execute("read.a", { metadata: { n, filler: "x".repeat(200) } });
  await lattice.close();
  return path;
}

test("a damaged row is found when the lattice opens, and the file is left alone", async (t) => {
  const path = await writtenLedger(t);
  const database = await openDatabase(path);
  database.exec(`UPDATE ledger SET text = replace(text, 'read.a', 'drop.a') WHERE row_id = 100`);
  database.close();
  const before = readFileSync(path);
  const error = await failure(
    openLattice(t, { store: new SqliteStore({ path }) }),
    "LEDGER_CORRUPT",
  );
  assert.ok(error.message.startsWith(path), error.message);
  assert.match(error.message, /restore it from a copy/);
  assert.deepEqual(readFileSync(path), before);
});

test("a missing row is found when the lattice opens", async (t) => {
  const path = await writtenLedger(t);
  const database = await openDatabase(path);
  database.exec("DELETE FROM ledger WHERE row_id = 100");
  database.close();
  const error = await failure(
    openLattice(t, { store: new SqliteStore({ path }) }),
    "LEDGER_CORRUPT",
  );
  assert.match(error.message, /row 100 is missing/);
});

test("damaged and cut files are refused and left alone", async (t) => {
  const original = await writtenLedger(t);
  const path = join(folder(t), "damaged.db");
  const size = statSync(original).size;
  const damages = [
    () => truncateSync(path, Math.floor(size / 2)),
    () => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 8192, size - 4096);
      writeFileSync(path, bytes);
    },
    () => {
      const bytes = readFileSync(path);
      bytes.fill(0, 100, 4096);
      writeFileSync(path, bytes);
    },
  ];
  for (const damage of damages) {
    copyFileSync(original, path);
    damage();
    const before = readFileSync(path);
    const error = await failure(
      openLattice(t, { store: new SqliteStore({ path }) }),
      "LEDGER_CORRUPT",
    );
    assert.ok(error.message.startsWith(path), error.message);
    assert.deepEqual(readFileSync(path), before);
    rmSync(path);
  }
});

test("an append that fails is told to those who asked, and nothing of it stays", async (t) => {
  const path = join(folder(t), "ledger.db");
  const store = new SqliteStore({ path });
  const lattice = await openLattice(t, { store });
  const al = lattice.agent("a", { maxAttempts: 1 });
  await al.execute("read.a");
  const intruder = await openDatabase(path);
  intruder.exec("INSERT INTO ledger SELECT max(row_id) + 1, 'intruder', '' FROM ledger");
  intruder.close();
  const error = await failure(al.execute("read.b"), "LEDGER_UNAVAILABLE");
  assert.match(error.message, /another process writes/);
  assert.ok(existsSync(path));
});

test("slow stores: answers wait until their rows are durable; close waits for the append in flight", async (t) => {
  const kept = [];
  let open = true;
  let release;
  let hold = false;
  const store = {
    open() {},
    read: () => [],
    async append(firstRow, batch) {
      assert.equal(firstRow, kept.length);
      if (hold) await new Promise((resolve) => (release = resolve));
      assert.ok(open, "closed while it was at work");
      kept.push(...batch);
    },
    close() {
      open = false;
    },
  };
  const lattice = await openLattice(t, { store });
  const al = lattice.agent("a");
  await al.execute("read.a");
  const before = kept.length;
  hold = true;
  let answered = false;
  const slow = al.execute("read.a").then((result) => {
    answered = true;
    return result;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(answered, false);
  const closing = lattice.close();
  hold = false;
  release();
  assert.equal((await slow).status, "executed");
  await closing;
  assert.equal(kept.length, before + 1);
  assert.equal(open, false);
});
