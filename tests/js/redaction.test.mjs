import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { SqliteStore } from "@agentlattice/wasm/sqlite";
import { failure, openLattice, policies, served, temporaryFolder } from "./house.mjs";

const secret = "jane.doe@example.org";

/** Somebody says too much; the row in which it stands. */
async function indiscretion(lattice) {
  await lattice.agent("a").execute("read.a", { metadata: { who: secret } });
  return (await lattice.operator().audit({ limit: 1 })).events[0].rowId;
}

test("what was redacted is gone from the file, and the ledger is still sound", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "ledger.db");
  const onDisk = () =>
    readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(secret));
  const lattice = await Lattice.open({ policies, store: new SqliteStore({ path }) });
  t.after(() => lattice.close());
  const rowId = await indiscretion(lattice);
  assert.equal(onDisk(), true);
  const owner = lattice.operator();
  assert.deepEqual(await owner.redact(rowId, ["metadata"], "asked to"), {
    redacted: ["metadata"],
    rowId,
  });
  assert.equal(onDisk(), false);
  assert.equal((await owner.verify()).damage, "none");
  await lattice.close();
  assert.equal(onDisk(), false);

  const again = await openLattice(t, { policies: undefined, store: new SqliteStore({ path }) });
  const { events } = await again.operator().audit({ limit: 500 });
  assert.equal(events.find((event) => event.rowId === rowId).opened.metadata, undefined);
  const { facts, opened } = events.find(({ type }) => type === "row.redacted");
  assert.deepEqual(
    [facts.redacted_row_id, facts.fields, opened.reason],
    [rowId, ["metadata"], "asked to"],
  );
  assert.equal((await again.operator().verify()).chainValid, true);
});

test("a process that ends between the row and the redaction finishes it at the next opening", async (t) => {
  const rows = [];
  let willing = false;
  const store = () => ({
    open() {},
    close() {},
    read: async (from, limit) => rows.slice(from, from + limit).map((row) => [...row]),
    append: async (_, more) => void rows.push(...more.map((row) => [...row])),
    redact: async (redactions) => {
      if (!willing) throw new Error("pulled the plug");
      for (const [row, openings] of redactions) rows[row][1] = openings;
    },
  });
  const lattice = await Lattice.open({ policies, store: store() });
  const rowId = await indiscretion(lattice);
  const error = await failure(
    lattice.operator("host", { maxAttempts: 1 }).redact(rowId, ["metadata"]),
    "LEDGER_UNAVAILABLE",
  );
  assert.match(error.message, /pulled the plug/);
  await lattice.close();
  assert.ok(rows[rowId][1].includes(secret));

  willing = true;
  const again = await openLattice(t, { policies: undefined, store: store() });
  await again.operator().whoami();
  assert.ok(!JSON.stringify(rows).includes(secret));
  assert.equal((await again.agent("a").verify()).damage, "none");
});

test("a store that cannot forget says so; agents and simple operators may not ask", async (t) => {
  const rows = [];
  const store = {
    open() {},
    close() {},
    read: (from, limit) => rows.slice(from, from + limit),
    append: (_, more) => void rows.push(...more),
  };
  const lattice = await openLattice(t, { store });
  const rowId = await indiscretion(lattice);
  const error = await failure(
    lattice.operator("host", { maxAttempts: 1 }).redact(rowId, ["metadata"]),
    "LEDGER_UNAVAILABLE",
  );
  assert.match(error.message, /no way to forget/);
  await failure(lattice.operator("ada").redact(rowId, ["metadata"]), "FORBIDDEN");
  await failure(lattice.operator().redact(rowId, []), "INVALID_REQUEST");
  await failure(lattice.operator().redact(rowId, ["reason"]), "INVALID_REQUEST");
  await failure(lattice.operator().redact(999, ["metadata"]), "NOT_FOUND");
});

test("what is for anyone is answered without a key", async (t) => {
  const { server } = await served(t);
  const get = (path) => fetch(`${server.url}/api/v1${path}`);
  assert.deepEqual(await (await get("/healthz")).json(), { status: "ok" });
  assert.deepEqual(await (await get("/readyz")).json(), { status: "ready" });
  const document = await (await get("/openapi")).json();
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(Object.keys(document.paths["/api/v1/approvals/{id}/claim"]), ["post"]);
  const action = document.paths["/api/v1/actions"].post;
  assert.deepEqual(action.requestBody.content["application/json"].schema.required, ["action_type"]);
  assert.deepEqual(document.paths["/api/v1/healthz"].get.security, []);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
});
