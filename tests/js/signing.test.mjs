import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  generateSigningKey,
  importSigningKey,
  MemoryCheckpointStore,
  trustKeys,
} from "@agentlattice/wasm";
import { AgentLatticeSync } from "@agentlattice/wasm/sync";
import { failure, openLattice, served } from "./house.mjs";

const vectors = JSON.parse(readFileSync(new URL("../vectors/notes.json", import.meta.url), "utf8"));

/** A signer, and the key that others verify with. */
async function signing(name = "lattice.example/acme") {
  const key = await generateSigningKey(name);
  return { ...key, signer: await importSigningKey(key.privateKey) };
}

test("private keys in the form of others give their public keys and signatures", async () => {
  for (const { private_key, verifier_key } of vectors.keys) {
    const signer = await importSigningKey(private_key);
    assert.equal(signer.verifierKey, verifier_key);
    const own = vectors.notes.find(({ note }) =>
      note.includes(`— ${signer.verifierKey.split("+")[0]} `),
    );
    const signature = await signer.sign(new TextEncoder().encode(own.text));
    const line = own.note
      .split("\n")
      .find((each) => each.startsWith(`— ${verifier_key.split("+")[0]} `));
    const [, , base64] = line.split(" ");
    assert.deepEqual(Buffer.from(signature), Buffer.from(base64, "base64").subarray(4));
  }
});

test("a new key is another one each time, and is read back", async () => {
  const one = await generateSigningKey("a.example");
  const two = await generateSigningKey("a.example");
  assert.notEqual(one.privateKey, two.privateKey);
  assert.match(one.privateKey, /^PRIVATE\+KEY\+a\.example\+[0-9a-f]{8}\+A/);
  assert.equal((await importSigningKey(one.privateKey)).verifierKey, one.verifierKey);
  await failure(generateSigningKey("a b"), "INVALID_ARGUMENT");
  await failure(generateSigningKey("a+b"), "INVALID_ARGUMENT");
  await failure(generateSigningKey(""), "INVALID_ARGUMENT");
});

test("a private key with any character changed is refused, and never repeated", async () => {
  const { privateKey } = await generateSigningKey("a.example");
  for (let at = 0; at < privateKey.length; ++at) {
    const other = privateKey[at] === "A" ? "B" : "A";
    const changed = privateKey.slice(0, at) + other + privateKey.slice(at + 1);
    const error = await failure(importSigningKey(changed), "INVALID_ARGUMENT");
    assert.doesNotMatch(
      inspect(error, { depth: 9 }),
      new RegExp(privateKey.slice(-20).replaceAll(/\W/g, ".")),
    );
  }
  await failure(importSigningKey(undefined), "INVALID_ARGUMENT");
  const signer = await importSigningKey(privateKey);
  assert.doesNotMatch(inspect(signer, { depth: 9 }), /PRIVATE/);
});

test("a lattice with a signer signs what it says, and clients who know the key see it", async (t) => {
  const { signer, verifierKey } = await signing();
  const { lattice, client } = await served(t, { signer });
  const note = await lattice.checkpoint();
  assert.match(note, /\n\n— lattice\.example\/acme [\w+/]+=*\n$/);
  for (const al of [
    client({ trust: trustKeys(verifierKey) }),
    lattice.agent("b", { trust: trustKeys(verifierKey) }),
  ]) {
    await al.execute("read.a");
    const verdict = await al.verify();
    assert.equal(verdict.damage, "none", verdict.message);
    assert.deepEqual(verdict.signedBy, ["lattice.example/acme"]);
    assert.equal(verdict.check, undefined);
    assert.match(verdict.checkpoint, /\n— lattice/);
  }
  const { components } = await client().posture();
  assert.equal(components.chainIntegrity.score, 25);
  const plain = await openLattice(t);
  assert.equal((await plain.agent("b").posture()).components.chainIntegrity.score, 15);
});

test("a checkpoint that no trusted key signed is bad_signature, and is not pinned", async (t) => {
  const { signer, verifierKey } = await signing();
  const other = await signing();
  const unsigned = await served(t);
  const signed = await served(t, { signer });
  const checkpoints = new MemoryCheckpointStore();
  const trust = { trust: trustKeys(verifierKey), checkpoints };
  for (const [al, why] of [
    [unsigned.client(trust), /not signed/],
    [signed.client({ ...trust, trust: trustKeys(other.verifierKey) }), /none of the .* trusted/],
  ]) {
    const verdict = await al.verify();
    assert.deepEqual([verdict.chainValid, verdict.damage], [false, "bad_signature"]);
    assert.equal(verdict.firstBrokenAtRowId, 0);
    assert.match(verdict.message, why);
    assert.equal(verdict.signedBy, undefined);
  }
  assert.equal(checkpoints.get(unsigned.server.url), undefined);
  // Several keys: any of them will do.
  const both = signed.client({ trust: trustKeys(other.verifierKey, verifierKey) });
  assert.equal((await both.verify()).chainValid, true);
  await failure(signed.client({ trust: trustKeys("x") }).verify(), "INVALID_ARGUMENT");
  assert.throws(() => signed.client({ trust: [verifierKey] }), { code: "INVALID_ARGUMENT" });
});

test("a signer that fails is an error with a code, and the rest goes on", async (t) => {
  const { signer, verifierKey } = await signing();
  let answer = () => Promise.reject(new Error("the vault is closed"));
  const lattice = await openLattice(t, { signer: { verifierKey, sign: (text) => answer(text) } });
  const al = lattice.agent("a", { trust: trustKeys(verifierKey), maxAttempts: 1 });
  const error = await failure(al.verify(), "LEDGER_UNAVAILABLE");
  assert.match(error.message, /the vault is closed/);
  assert.equal((await al.execute("read.a")).status, "executed");
  for (const wrong of [
    () => new Uint8Array(63),
    () => "text",
    () => undefined,
    () => {
      throw new Error("no");
    },
  ]) {
    answer = wrong;
    await failure(al.verify(), "LEDGER_UNAVAILABLE");
  }
  answer = () => new Uint8Array(64); // No signature, but of its length.
  assert.equal((await al.verify()).damage, "bad_signature");
  answer = (text) => signer.sign(text);
  await al.execute("read.a");
  assert.equal((await al.verify()).damage, "none");
  await failure(openLattice(t, { signer: {} }), "INVALID_ARGUMENT");
  await failure(openLattice(t, { signer: { ...signer, verifierKey: "x" } }), "INVALID_ARGUMENT");
});

test("without promises nobody computes signatures, and that is said", async (t) => {
  const { signer, verifierKey } = await signing();
  const lattice = await openLattice(t, { signer });
  assert.throws(
    () => new AgentLatticeSync({ lattice, agent: "a", trust: trustKeys(verifierKey) }),
    { code: "INVALID_ARGUMENT", message: /"trust"/ },
  );
  // The signature itself comes later, too.
  const al = new AgentLatticeSync({ lattice, agent: "a" });
  t.after(() => al.close());
  assert.throws(() => al.verify(), { code: "WOULD_BLOCK" });
});
