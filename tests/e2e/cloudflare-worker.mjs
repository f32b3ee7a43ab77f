// examples/cloudflare-worker in local workerd, as its README tells it. Part of `npm run test:matrix`, which brings Wrangler.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Operator } from "@agentlattice/wasm";
import { WebSocket } from "ws";
import { blocksOf } from "../docs/blocks.mjs";
import { freePort } from "../package/program.mjs";
import { packagesFolder } from "../package/setup.mjs";
import { house, start } from "./house.mjs";

const example = join(house, "examples/cloudflare-worker");
/** Of the packages of `npm run test:matrix`, and a Node.js that is new enough for it. */
const packages = join(packagesFolder("all"), "node_modules");
const wrangler = [join(packages, "node22/bin/node"), join(packages, "wrangler/bin/wrangler.js")];
const setup_token = "only-for-trying-it-here";

/** `npm run dev`, with a state of its own. */
async function dev(t, state) {
  const port = await freePort();
  const [node, program] = wrangler;
  const args = [program, "dev", "--port", String(port), "--ip", "127.0.0.1", "--persist-to", state];
  const running = await start(t, node, args, /Ready on/, {
    cwd: example,
    env: { CI: "1", WRANGLER_SEND_METRICS: "false" },
  });
  return { ...running, url: `http://127.0.0.1:${port}` };
}

async function post(url, body, headers = {}) {
  const init = { method: "POST", headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(url, init);
  return { http: response.status, ...(await response.json()) };
}

test("a Worker refunds what policies or a person allow, and its ledger outlives it", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "agentlattice-worker-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const first = await dev(t, state);
  const refunds = `${first.url}/refunds`;

  const small = { order: "A-1009", amount_cents: 1500 };
  assert.deepEqual(await post(refunds, small), {
    http: 200,
    refunded: "A-1009",
    amount_cents: 1500,
  });
  const absurd = await post(refunds, { order: "A-1011", amount_cents: 99_999_999 });
  assert.equal(absurd.http, 403);
  assert.equal(absurd.denied, "POLICY_DENIED");
  assert.match(absurd.why[0], /reduce it by/);
  assert.equal((await post(refunds, { order: 7 })).http, 400);

  const asked = await post(refunds, { order: "A-1010", amount_cents: 48_000 });
  assert.equal(asked.http, 202);
  const complete = () => post(first.url + asked.complete);
  assert.equal((await complete()).http, 202, "nobody has decided yet");

  assert.equal((await post(`${first.url}/setup`)).http, 403);
  const keys = await post(`${first.url}/setup`, undefined, { "x-setup-token": setup_token });
  const operator = new Operator({ apiKey: keys.operatorKey, baseUrl: first.url, WebSocket });
  t.after(() => operator.close());
  const heard = [];
  await operator.subscribe(null, ({ eventType }) => heard.push(eventType));
  const { approvals } = await operator.approvals();
  assert.deepEqual(approvals[0].metadata, { amount_cents: 48_000, order: "A-1010" });
  await operator.approve(asked.waiting, "the parcel was lost");
  assert.deepEqual(await complete(), {
    http: 200,
    refunded: "A-1010",
    amount_cents: 48_000,
    approvedBy: "ada",
  });
  assert.deepEqual(await complete(), { http: 403, status: "used" });
  assert.equal((await operator.verify()).chainValid, true);

  // A window of a second, and nobody who asks: the object's alarm closes it.
  await operator.putPolicy("quick", {
    name: "quick",
    action_type: "payment.refund",
    effect: "require_approval",
    agents: ["refunds-worker"],
    approval: { timeout_seconds: 1 },
  });
  await post(refunds, { order: "A-1012", amount_cents: 3000 });
  while (!heard.includes("approval.expired")) await new Promise((next) => setTimeout(next, 50));
  const [{ rowId: rows }] = (await operator.audit({ limit: 1 })).events;
  const { events } = await operator.audit({ actionType: "payment.refund", limit: 500 });
  const { rowId } = events.find(({ opened }) => opened.metadata?.order === "A-1011");
  await operator.redact(rowId, ["metadata"], "the customer asked us to");
  await operator.unsubscribe();
  await first.stop();

  const second = await dev(t, state);
  const later = new Operator({ apiKey: keys.operatorKey, baseUrl: second.url });
  t.after(() => later.close());
  const verification = await later.verify();
  assert.equal(verification.chainValid, true);
  assert.ok(verification.size > rows);
  const kept = await later.audit({ actionType: "payment.refund", limit: 500 });
  assert.equal(kept.events.find((event) => event.rowId === rowId).opened.metadata, undefined);
  assert.deepEqual(await post(`${second.url}/refunds`, small), {
    http: 200,
    refunded: "A-1009",
    amount_cents: 1500,
  });
  assert.equal((await later.verify()).size, verification.size, "the same question is no new row");
});

test("what the README tells to type prints what it says", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "agentlattice-worker-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const { url } = await dev(t, state);
  const [start, refunds, printed, approve, then] = blocksOf("examples/cloudflare-worker/README.md");
  assert.match(start.code, /npm run dev/);
  const known = {};
  const learn = (name, pattern, output) => {
    known[name] ??= pattern.exec(output)?.[1];
  };
  for (const [{ code }, promised] of [
    [refunds, printed],
    [approve, then],
  ]) {
    const commands = code.replaceAll("\\\n", " ").split("\n");
    const lines = promised.code.split("\n");
    assert.equal(lines.length, commands.length);
    for (const [index, command] of commands.entries()) {
      const script = command.replaceAll("localhost:8787", url);
      const env = { ...process.env, ...known };
      const { stdout } = await promisify(execFile)("bash", ["-c", script], { env });
      assert.match(stdout, asPattern(lines[index]), command);
      learn("OPERATOR_KEY", /"operatorKey":"([^"]+)"/, stdout);
      learn("APPROVAL", /"waiting":"([^"]+)"/, stdout);
    }
  }
});

/** `…` stands for anything. */
const asPattern = (line) =>
  new RegExp(
    `^${line
      .split("…")
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}`,
  );
