// Snapshots: a ledger of very many rows is opened without reading them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { DurableObjectStore } from "@agentlattice/wasm/durable-object";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { openDatabase } from "../../npm/dist/stores/sqlite-driver.js";
import { openLattice, policies, storeOf, temporaryFolder } from "./house.mjs";

const secret = "jane.doe@example.org";
const rowsPerSnapshot = 20_000; // js/ledger.ts

/** A store of rows and a snapshot in the test's hands, which counts what is read. */
function album(rows = []) {
  const kept = { snapshot: undefined, read: 0 };
  const store = () => ({
    ...storeOf(rows),
    read: async (from, limit) => {
      const some = rows.slice(from, from + limit);
      kept.read += some.length;
      return some;
    },
    redact: async (redactions) => {
      for (const [row, openings] of redactions) rows[row] = [rows[row][0], openings];
      kept.snapshot = undefined;
    },
    readSnapshot: async () => kept.snapshot,
    keepSnapshot: async (snapshot) => {
      kept.snapshot = snapshot;
    },
  });
  return { rows, kept, store };
}

async function fill(lattice, calls) {
  const al = lattice.agent("a");
  const first = await al.execute("read.a", { eventId: "first", metadata: { who: secret } });
  for (let n = 0; n < calls; n += 500)
    await Promise.all(Array.from({ length: 500 }, () => al.execute("read.a")));
  return first;
}

test("a long ledger is closed with a snapshot, and opened with it", async (t) => {
  const { rows, kept, store } = album();
  const lattice = await Lattice.open({ policies, store: store() });
  const first = await fill(lattice, rowsPerSnapshot);
  await lattice.close();
  assert.equal(kept.snapshot.rows, rows.length - 1);
  assert.match(rows.at(-1)[0], /"type":"snapshot.taken"/);

  kept.read = 0;
  const again = await openLattice(t, { policies: undefined, store: store() });
  assert.ok(kept.read <= 65, `${kept.read} rows were read`);
  const al = again.agent("a");
  assert.deepEqual(
    await al.execute("read.a", { eventId: "first", metadata: { who: secret } }),
    first,
  );
  const verified = await al.verify();
  assert.deepEqual([verified.chainValid, verified.rowsChecked], [true, rows.length]);
  await again.close();
  assert.match(rows.at(-1)[0], /"type":"snapshot.taken"/, "a short while needs no other");

  // A snapshot that was changed is of no use, and nothing else.
  const bytes = kept.snapshot.bytes.slice();
  bytes[bytes.length - 1] ^= 1;
  kept.snapshot = { rows: kept.snapshot.rows, bytes };
  kept.read = 0;
  const careful = await openLattice(t, { policies: undefined, store: store() });
  assert.ok(kept.read >= rows.length - 1);
  assert.deepEqual(
    await careful.agent("a").execute("read.a", { eventId: "first", metadata: { who: secret } }),
    first,
  );
  // Whoever opened it has waited long enough for another.
  await careful.close();
  assert.notDeepEqual(kept.snapshot.bytes, bytes);

  // What is redacted does not stay in a snapshot.
  const last = await openLattice(t, { policies: undefined, store: store() });
  await last.operator().redact(first.rowId, ["metadata"]);
  assert.equal(kept.snapshot, undefined);
});

test("a ledger whose rows do not continue its snapshot is not opened", async () => {
  const { rows, kept, store } = album();
  const lattice = await Lattice.open({ policies, store: store() });
  await fill(lattice, rowsPerSnapshot);
  await lattice.close();
  assert.ok(kept.snapshot);
  const more = await Lattice.open({ store: store() });
  await more.agent("a").execute("read.a");
  await more.agent("a").execute("read.b");
  await more.close();
  rows.splice(-2, 1);
  await assert.rejects(Lattice.open({ store: store() }), { code: "LEDGER_CORRUPT" });
});

test("SQLite keeps one snapshot, and lets go of it with what is redacted", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "ledger.db");
  const store = new SqliteStore({ path });
  await store.open();
  t.after(() => store.close());
  assert.equal(store.readSnapshot(), undefined);
  store.append(0, [["a", "secret"]]);
  const bytes = new TextEncoder().encode(secret.repeat(1000));
  store.keepSnapshot({ rows: 3, bytes: new Uint8Array(5) });
  store.keepSnapshot({ rows: 7, bytes });
  assert.deepEqual({ ...store.readSnapshot() }, { rows: 7, bytes });
  store.close();
  await store.open();
  assert.deepEqual({ ...store.readSnapshot() }, { rows: 7, bytes });
  store.redact([[0, ""]]);
  assert.equal(store.readSnapshot(), undefined);
  const onDisk = readdirSync(folder).some((file) =>
    readFileSync(join(folder, file)).includes(secret),
  );
  assert.equal(onDisk, false);
});

/** What a Durable Object's storage does, over another SQLite. */
async function objectStorage(t) {
  const database = await openDatabase(join(temporaryFolder(t), "object.db"));
  t.after(() => database.close());
  const plain = (value) => (value instanceof Uint8Array ? value.slice().buffer : value);
  return {
    sql: {
      exec(query, ...bindings) {
        const values = bindings.map((each) =>
          each instanceof ArrayBuffer ? new Uint8Array(each) : each,
        );
        for (const each of values)
          assert.ok(
            !(each instanceof Uint8Array) || each.length <= 2_000_000,
            "a value has at most 2 MB",
          );
        const rows = database.prepare(query).all(...values);
        return {
          toArray: () =>
            rows.map((row) =>
              Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
            ),
        };
      },
    },
    transactionSync(work) {
      database.exec("BEGIN");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

test("a Durable Object keeps a snapshot in parts, and lets go of it with what is redacted", async (t) => {
  const store = new DurableObjectStore(await objectStorage(t));
  store.open();
  assert.equal(store.readSnapshot(), undefined);
  store.append(0, [["a", "secret"]]);
  for (const size of [3_500_000, 1 << 20, 5, 0]) {
    const bytes = Uint8Array.from({ length: size }, (_, n) => (n * 31) >> 8);
    store.keepSnapshot({ rows: size, bytes });
    assert.deepEqual(store.readSnapshot(), size === 0 ? undefined : { rows: size, bytes });
  }
  store.keepSnapshot({ rows: 1, bytes: new Uint8Array(9) });
  store.redact([[0, ""]]);
  assert.equal(store.readSnapshot(), undefined);
});
