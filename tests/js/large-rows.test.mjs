// Rows as large as a request may make them, denied ones too: they keep nobody from reading the rest.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Lattice, Operator } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { grouped, RowPacker, unpackRows } from "../../npm/dist/rows.js";
import { served, temporaryFolder } from "./house.mjs";

const large = "x".repeat(1_000_000);
const count = 20;

test("a ledger of large rows is read, verified and approved over a network, and opened again", async (t) => {
  const path = join(temporaryFolder(t), "ledger.db");
  const { lattice, server, client } = await served(t, { store: new SqliteStore({ path }) });
  const { apiKey } = await lattice.operator().registerOperator({ name: "ada", roles: ["owner"] });
  const ada = new Operator({ apiKey, baseUrl: server.url });
  t.after(() => ada.close());
  const al = client();
  for (let n = 0; n < count; ++n) {
    const denied = await al.execute("unheard.of", { metadata: { n, large } });
    assert.equal(denied.denialReason, "NO_MATCHING_POLICY");
    await al.execute("pr.merge", { metadata: { n, large } });
  }

  assert.equal((await ada.verify()).chainValid, true);
  const walk = async (page, items) => {
    const found = [];
    for (let cursor; cursor !== null; ) {
      const next = await page({ limit: 500, cursor });
      assert.ok(next[items].length > 0);
      found.push(...next[items]);
      cursor = next.nextCursor;
    }
    return found;
  };
  const events = await walk((query) => ada.audit(query), "events");
  assert.equal(events.filter(({ actionType }) => actionType === "unheard.of").length, count);
  const approvals = await walk((query) => ada.approvals(query), "approvals");
  assert.deepEqual(
    approvals.map(({ metadata }) => metadata.n),
    Array.from({ length: count }, (_, n) => n),
  );

  await lattice.close();
  const again = await Lattice.open({ store: new SqliteStore({ path }) });
  t.after(() => again.close());
  const { chainValid, rowsChecked } = await again.operator().verify();
  assert.deepEqual({ chainValid, rowsChecked }, { chainValid: true, rowsChecked: events.length });
});

test("rows are packed in about the room that they take, whatever they hold", () => {
  const packer = new RowPacker();
  const rows = ["", "a", "\u{10ffff}", large, "ü".repeat(500_000), large].flatMap((text) => [
    [`"${text}"`, ""],
    ["{}", `"${text}"`],
  ]);
  const bytes = packer.pack(rows);
  assert.deepEqual(unpackRows(bytes), rows);
  assert.ok(bytes.buffer.byteLength < 4 * bytes.length);
  const parts = Array.from({ length: 40 }, () => [large, ""]);
  assert.equal(packer.pack(parts).length, parts.length * (large.length + 8));
  // What it took for those it gives back.
  assert.ok(packer.pack(rows.slice(0, 2)).buffer.byteLength <= 1 << 20);
});

test("rows cross in groups that end where they are long enough", () => {
  const rows = [3, 1, 1, 9, 2, 2, 2].map((length) => ["x".repeat(length), ""]);
  const lengths = [...grouped(rows, 4)].map((group) => group.map(([text]) => text.length));
  assert.deepEqual(lengths, [[3, 1], [1, 9], [2, 2], [2]]);
  assert.deepEqual([...grouped([], 4)], []);
});
