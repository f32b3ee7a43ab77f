// A service that lies, on loopback: whatever it does to its ledger, a client that knows the key finds out and names it.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AgentLattice,
  generateSigningKey,
  importSigningKey,
  MemoryCheckpointStore,
  trustKeys,
} from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";
import { openLattice } from "./house.mjs";

/** A dozen rows and more, signed; `lie(entries)` and `lieOfNote(note)` change what clients are told. */
async function lying(t, signer, more = 0) {
  const lattice = await openLattice(t, { signer });
  const { apiKey } = await lattice.registerAgent({ name: "remote" });
  for (let n = 0; n < 6 + more; ++n)
    await lattice.agent("a").execute("read.a", { metadata: { n } });
  const lies = { rows: (entries) => entries, note: (note) => note };
  const handler = async (request) => {
    const response = await lattice.fetch(request);
    const { pathname } = new URL(request.url);
    if (!response.ok) return response;
    if (pathname.endsWith("/audit/entries"))
      return new Response(written(lies.rows(read(await response.text()))), response);
    if (!pathname.endsWith("/audit/checkpoint")) return response;
    const { checkpoint } = await response.json();
    return Response.json({ checkpoint: lies.note(checkpoint) });
  };
  const server = await serve(handler);
  t.after(() => server.close({ graceMs: 0 }));
  return { lattice, apiKey, url: server.url, lies };
}

/** The rows of a page: two lines each. */
function read(page) {
  const lines = page.split("\n").slice(0, -1);
  return lines.flatMap((text, at) =>
    at % 2 === 0 ? [{ row_id: JSON.parse(text).row_id, text, openings: lines[at + 1] }] : [],
  );
}

const written = (rows) => rows.map(({ text, openings }) => `${text}\n${openings}\n`).join("");

async function signing() {
  const { privateKey, verifierKey } = await generateSigningKey("lattice.example");
  return { signer: await importSigningKey(privateKey), verifierKey };
}

function clientOf(t, { apiKey, url }, verifierKey, checkpoints = new MemoryCheckpointStore()) {
  const al = new AgentLattice({ apiKey, baseUrl: url, trust: trustKeys(verifierKey), checkpoints });
  t.after(() => al.close());
  return al;
}

test("every kind of damage is found through the package, and the row is named", async (t) => {
  const { signer, verifierKey } = await signing();
  const service = await lying(t, signer);
  const row = 9;
  const swap = (entries, a, b) => {
    [entries[a], entries[b]] = [entries[b], entries[a]];
    return entries;
  };
  const edited = (entry) => ({ ...entry, text: entry.text.replace("read.a", "read.b") });
  const copied = (at) => (entries) => [
    ...entries.slice(0, at),
    entries[at - 1],
    ...entries.slice(at),
  ];
  const flip = (note, at) =>
    note.slice(0, at) + (note[at] === "A" ? "B" : "A") + note.slice(at + 1);
  const table = [
    [
      "edited",
      row,
      { rows: (all) => all.map((each) => (each.row_id === row ? edited(each) : each)) },
    ],
    ["deleted", row, { rows: (all) => all.filter((each) => each.row_id !== row) }],
    ["inserted", row - 1, { rows: copied(row) }],
    ["reordered", row, { rows: (all) => swap(all, row, row + 1) }],
    ["truncated", row, { rows: (all) => all.filter((each) => each.row_id < row) }],
    ["bad_signature", 0, { note: (note) => flip(note, note.length - 20) }],
    ["bad_signature", 0, { note: (note) => note.slice(0, note.indexOf("\n\n") + 1) }],
    [
      "bad_signature",
      0,
      { note: (note) => note.replace("— lattice.example ", "— other.example ") },
    ],
    ["none", null, {}],
  ];
  const honest = { ...service.lies };
  for (const [damage, at, lies] of table) {
    Object.assign(service.lies, honest, lies);
    const verdict = await clientOf(t, service, verifierKey).verify();
    assert.deepEqual([verdict.damage, verdict.firstBrokenAtRowId], [damage, at], verdict.message);
    assert.equal(verdict.chainValid, damage === "none");
    assert.ok(damage === "none" || verdict.message.length > 10);
  }
});

test("a service that cuts its end off, or shows two clients two histories, is found by the pin", async (t) => {
  const { signer, verifierKey } = await signing();
  const one = await lying(t, signer, 2);
  const checkpoints = new MemoryCheckpointStore();
  const al = clientOf(t, one, verifierKey, checkpoints);
  const first = await al.verify();
  assert.equal(first.damage, "none");

  // An older note of its own, soundly signed, and the rows that go with it.
  const other = await lying(t, signer);
  const truth = { ...one.lies };
  const short = await other.lattice.checkpoint();
  one.lies.note = () => short;
  one.lies.rows = () => [];
  assert.equal((await al.verify()).damage, "truncated");

  // The same service, another history: both notes bear its signature, and prove it.
  Object.assign(one.lies, truth);
  for (let n = 0; n < 5; ++n) await other.lattice.agent("a").execute("read.b");
  const pins = new MemoryCheckpointStore();
  pins.set(other.url, checkpoints.get(one.url));
  const forked = await clientOf(t, other, verifierKey, pins).verify();
  assert.equal(forked.damage, "forked", forked.message);
  assert.equal(forked.firstBrokenAtRowId, first.size - 1);
  assert.equal(forked.pinned, first.checkpoint);
  assert.notEqual(forked.checkpoint, forked.pinned);
  for (const note of [forked.pinned, forked.checkpoint])
    assert.match(note, /\n— lattice\.example /);
  assert.equal(pins.get(other.url), first.checkpoint, "what is damaged is not pinned");
});
