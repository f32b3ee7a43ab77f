import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSigningKey, importSigningKey, verifyReceipt } from "@agentlattice/wasm";
import { failure, openLattice, served } from "./house.mjs";

async function signing() {
  const { privateKey, verifierKey } = await generateSigningKey("lattice.example");
  return { signer: await importSigningKey(privateKey), verifierKey };
}

test("a receipt proves an action with the public key alone", async (t) => {
  const { signer, verifierKey } = await signing();
  const { lattice, client } = await served(t, { signer });
  const al = client();
  for (let n = 0; n < 5; ++n) await al.execute("read.other");
  const { auditEventId } = await al.execute("read.a", { metadata: { n: 7 } });
  const receipt = JSON.parse(JSON.stringify(await al.receipt(auditEventId)));
  await al.execute("read.more");

  const verdict = await verifyReceipt(receipt, verifierKey);
  assert.equal(verdict.valid, true, verdict.message);
  assert.deepEqual(
    [verdict.damage, verdict.type, verdict.facts.action_type, verdict.facts.audit_event_id],
    ["none", "action.executed", "read.a", auditEventId],
  );
  assert.deepEqual(verdict.opened.metadata, { n: 7 });
  assert.deepEqual(verdict.signedBy, ["lattice.example"]);
  assert.match(receipt.proof, /^c2sp\.org\/tlog-proof@v1\nindex \d+\n/);

  // Another agent sees the row, not what it commits to.
  const stranger = await lattice.agent("stranger").receipt(auditEventId);
  assert.equal(stranger.openings, undefined);
  assert.equal((await verifyReceipt(stranger, [verifierKey])).valid, true);
  const operator = await lattice.operator().receipt(auditEventId);
  assert.deepEqual((await verifyReceipt(operator, verifierKey)).opened.metadata, { n: 7 });
  await failure(al.receipt("evt-unknown"), "NOT_FOUND");
});

test("a receipt with any byte flipped is refused, and what is wrong has a name", async (t) => {
  const { signer, verifierKey } = await signing();
  const lattice = await openLattice(t, { signer });
  const al = lattice.agent("a");
  const { auditEventId } = await al.execute("read.a", { metadata: { n: 7 } });
  const receipt = await al.receipt(auditEventId);
  const found = new Set();
  for (const part of ["row", "openings", "proof"]) {
    const bytes = Buffer.from(receipt[part]);
    for (let at = 0; at < bytes.length; ++at) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << (at % 8);
      const verdict = await verifyReceipt(
        { ...receipt, [part]: changed.toString("utf8") },
        verifierKey,
      );
      assert.equal(verdict.valid, false, `${part}, byte ${at}`);
      assert.equal(verdict.facts, undefined);
      found.add(`${part} ${verdict.damage}`);
    }
  }
  assert.deepEqual([...found].sort(), [
    "openings edited",
    "proof bad_signature",
    "proof edited",
    "row edited",
  ]);
});

test("receipts of others, of unsigned lattices, and no receipts at all are refused", async (t) => {
  const { signer, verifierKey } = await signing();
  const other = await signing();
  const lattice = await openLattice(t, { signer });
  const al = lattice.agent("a");
  const receipts = [];
  for (let n = 0; n < 3; ++n)
    receipts.push(await al.receipt((await al.execute("read.a")).auditEventId));
  const mixed = await verifyReceipt({ ...receipts[0], proof: receipts[1].proof }, verifierKey);
  assert.equal(mixed.damage, "edited");
  assert.equal((await verifyReceipt(receipts[0], other.verifierKey)).damage, "bad_signature");

  const plain = (await openLattice(t)).agent("a");
  const unsigned = await plain.receipt((await plain.execute("read.a")).auditEventId);
  assert.equal((await verifyReceipt(unsigned, verifierKey)).damage, "bad_signature");

  for (const nothing of [{}, { row: "", proof: "" }, { row: 1, proof: [] }])
    assert.equal((await verifyReceipt(nothing, verifierKey)).valid, false);
  await failure(verifyReceipt(null, verifierKey), "INVALID_ARGUMENT");
  await failure(verifyReceipt(receipts[0], []), "INVALID_ARGUMENT");
  await failure(verifyReceipt(receipts[0], "x"), "INVALID_ARGUMENT");
});
