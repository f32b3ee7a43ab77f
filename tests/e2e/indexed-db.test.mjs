// The IndexedDB store by itself, in a real browser: what js/stores/store.ts asks of every store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, start } from "./house.mjs";

test("rows are kept in order, all or none, and by one writer", async (t) => {
  const { match } = await start(
    t,
    process.execPath,
    ["examples/browser-console/serve.mjs", "--port", "0"],
    /the console: (\S+)[\s\S]*Ctrl-C/,
  );
  const { context } = await openBrowser(t);
  const page = await context.newPage();
  await page.goto(match[1]);
  const seen = await page.evaluate(async () => {
    const { IndexedDbStore } = await import("@agentlattice/wasm/indexed-db");
    const code = (promise) =>
      promise.then(
        () => "fine",
        (error) => `${error.code} ${error.message}`,
      );
    const name = "store test";
    const store = new IndexedDbStore({ name });
    await store.open();
    await store.open(); // harmless
    await store.append(0, [
      ["a", ""],
      ["b", '{"ü":"\u{1f600}"}'],
    ]);
    const out = {
      gap: await code(store.append(3, [["d", ""]])),
      overwriting: await code(store.append(1, [["x", ""]])),
      notCloneable: await code(
        store.append(2, [
          ["c", ""],
          [() => {}, ""],
        ]),
      ),
      rows: await store.read(0, 10),
      rest: await store.read(1, 1),
      end: await store.read(2, 10),
      second: await code(new IndexedDbStore({ name }).open()),
    };
    const waiting = new IndexedDbStore({ name, whenBusy: "wait" });
    const opening = waiting.open();
    store.close();
    store.close(); // harmless
    await opening;
    out.closed = await code(store.read(0, 1));
    out.after = await waiting.read(0, 10);
    out.noSnapshot = await waiting.readSnapshot();
    await waiting.keepSnapshot({ rows: 1, bytes: new Uint8Array([1, 2]) });
    await waiting.keepSnapshot({ rows: 2, bytes: new Uint8Array([3, 4, 5]) });
    const { rows: snapshotRows, bytes } = await waiting.readSnapshot();
    out.snapshot = [snapshotRows, [...bytes]];
    await waiting.redact([[1, ""]]);
    out.afterRedaction = await waiting.readSnapshot();
    out.redacted = await waiting.read(0, 10);
    const raw = await new Promise((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    raw.transaction("rows", "readwrite").objectStore("rows").delete(0);
    out.missing = await code(waiting.read(0, 10));
    raw.close();
    waiting.close();
    await new Promise((resolve) => {
      const request = indexedDB.open("foreign", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("things");
      request.onsuccess = () => resolve(request.result.close());
    });
    out.foreign = await code(new IndexedDbStore({ name: "foreign" }).open());
    await new Promise((resolve) => {
      const request = indexedDB.open("newer", 99);
      request.onsuccess = () => resolve(request.result.close());
    });
    out.newer = await code(new IndexedDbStore({ name: "newer" }).open());
    return out;
  });
  const rows = [
    ["a", ""],
    ["b", '{"ü":"\u{1f600}"}'],
  ];
  assert.deepEqual(seen.snapshot, [2, [3, 4, 5]]);
  assert.equal(seen.noSnapshot, undefined);
  assert.equal(seen.afterRedaction, undefined, "a snapshot may hold what was redacted");
  assert.match(seen.gap, /^LEDGER_UNAVAILABLE .*row 2 comes next, not 3/);
  assert.match(seen.overwriting, /^LEDGER_UNAVAILABLE .*row 1 is there already/);
  assert.match(seen.notCloneable, /^LEDGER_UNAVAILABLE/);
  assert.deepEqual(seen.rows, rows);
  assert.deepEqual(seen.rest, [rows[1]]);
  assert.deepEqual(seen.end, []);
  assert.match(seen.second, /^LEDGER_UNAVAILABLE .*another page or worker has it open/);
  assert.match(seen.closed, /^CLOSED/);
  assert.deepEqual(seen.after, rows);
  assert.deepEqual(seen.redacted, [rows[0], ["b", ""]]);
  assert.match(seen.missing, /^LEDGER_CORRUPT .*row 0 is missing/);
  assert.match(seen.foreign, /^LEDGER_CORRUPT .*not a ledger of this package/);
  assert.match(seen.newer, /^LEDGER_CORRUPT .*newer version/);
});
