// How rows cross between the kernel and a store: byte for byte, however long they are and whatever they say.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { Lattice } from "@agentlattice/wasm";
import { failure, openLattice, policies, storeOf } from "./house.mjs";

const metadata = [
  { pr_size: 1 },
  { pr_size: 2, text: 'ü 🌷 漢 "quoted" \\ \n \u0000 \u001f' },
  { pr_size: 3, text: "x".repeat(300_000) },
  { pr_size: 4, text: "漢".repeat(200_000) },
];

async function recorded() {
  const store = storeOf();
  const lattice = await Lattice.open({ store, policies });
  const al = lattice.agent("a");
  for (const each of metadata) await al.execute("pr.open", { metadata: each });
  const checkpoint = await lattice.checkpoint();
  await lattice.close();
  return { rows: store.rows, checkpoint };
}

test("what is read again is what was appended", async (t) => {
  const { rows, checkpoint } = await recorded();
  for (const [text, openings] of rows) {
    assert.equal(typeof text, "string");
    assert.equal(typeof openings, "string");
    JSON.parse(text);
  }
  const lattice = await openLattice(t, { store: storeOf(rows), policies: undefined });
  assert.equal(await lattice.checkpoint(), checkpoint);
  const al = lattice.agent("a");
  assert.equal((await al.verify()).chainValid, true);
  const { events } = await al.audit({ limit: 10 });
  const opened = events.map(({ opened }) => opened?.metadata).filter(Boolean);
  assert.deepEqual(opened.reverse(), metadata);
});

test("more rows than are read at a time, from a store that answers later and gives less than it was asked for", async (t) => {
  const store = storeOf();
  const first = await Lattice.open({ store, policies });
  const al = first.agent("a");
  await Promise.all(Array.from({ length: 1300 }, () => al.execute("read.x")));
  const checkpoint = await first.checkpoint();
  await first.close();
  const later = {
    ...storeOf(store.rows),
    read: async (from, limit) => store.rows.slice(from, from + Math.min(limit, 700)),
  };
  const lattice = await openLattice(t, { store: later, policies: undefined });
  assert.equal(await lattice.checkpoint(), checkpoint);
  assert.equal((await lattice.agent("a").verify()).chainValid, true);
});

test("one changed row among many is found, and named", async () => {
  const store = storeOf();
  const first = await Lattice.open({ store, policies });
  const al = first.agent("a");
  await Promise.all(Array.from({ length: 600 }, () => al.execute("read.x")));
  await first.close();
  const changed = (row, change) => {
    const rows = [...store.rows];
    rows[row] = change(rows[row]);
    return storeOf(rows);
  };
  const cases = [
    [
      changed(517, ([text, openings]) => [text.replace("read.x", "read.y"), openings]),
      /row 51[78]/,
    ],
    [
      changed(517, ([text, openings]) => [text, openings.replace(/"salt":"./, '"salt":"x')]),
      /row 517, openings/,
    ],
    [changed(300, () => ["", ""]), /row 300/],
    [changed(0, () => store.rows[1]), /row 0/],
  ];
  for (const [damaged, message] of cases) {
    const error = await failure(Lattice.open({ store: damaged }), "LEDGER_CORRUPT");
    assert.match(error.message, message);
    assert.match(error.message, /^arrays: /);
  }
});

test("rows are handed out as lines, in which whoever likes can recompute the chain", async (t) => {
  const lattice = await openLattice(t);
  await lattice.agent("a").execute("read.a", { metadata: { n: "one\ntwo" } });
  const headers = { authorization: `Bearer ${lattice.attach("operator", "host")}` };
  const url = "http://localhost/api/v1/audit/entries?form=lines";
  const response = await lattice.fetch(new Request(url, { headers }));
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");

  const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const lines = (await response.text()).split("\n");
  assert.equal(lines.pop(), "");
  let head = Buffer.alloc(32);
  for (const [at, line] of lines.entries()) {
    if (at % 2 === 1) JSON.parse(line);
    else {
      assert.equal(JSON.parse(line).prev_hash, head.toString("hex"));
      head = sha256(head, sha256(Buffer.of(0), Buffer.from(line)));
    }
  }
  assert.match(lines.at(-2), /action\.executed/);
  assert.match(lines.at(-1), /"n":"one\\ntwo"/);
});

/** Promises that are no instances of this realm's Promise, by whose they are. */
const foreignPromises = {
  // As a query of Prisma or knex: nothing happens before somebody waits.
  "that begin when they are waited for": (work) => ({
    // biome-ignore lint/suspicious/noThenProperty: that is what is tried here
    then: (...settle) =>
      Promise.resolve()
        .then(work)
        .then(...settle),
  }),
  "of another realm": runInNewContext("async (work) => work()"),
};

for (const [whose, promised] of Object.entries(foreignPromises)) {
  test(`promises ${whose} are waited for`, async (t) => {
    const rows = [];
    let full = false;
    const store = {
      ...storeOf(rows),
      append: (_, more) =>
        promised(() => {
          if (full) throw new Error("the disk is full");
          rows.push(...more);
        }),
    };
    const lattice = await openLattice(t, { store });
    const al = lattice.agent("a", { maxAttempts: 1 });
    await al.execute("read.a");
    assert.match(rows.at(-1)[0], /action\.executed/);
    full = true;
    const error = await failure(al.execute("read.a"), "LEDGER_UNAVAILABLE");
    assert.match(error.message, /the disk is full/);
  });
}
