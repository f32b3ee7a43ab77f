// examples/browser-console in a real browser, as its README tells it.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentLattice, Operator } from "@agentlattice/wasm";
import { house, openBrowser, start } from "./house.mjs";

const serve = (t, ...args) =>
  start(
    t,
    process.execPath,
    ["examples/browser-console/serve.mjs", "--port", "0", ...args],
    /the console: (\S+)[\s\S]*Ctrl-C/,
  );

const shot = (name) => {
  mkdirSync(join(house, "build/screenshots"), { recursive: true });
  return { path: join(house, `build/screenshots/${name}.png`), fullPage: true };
};

const says = (locator, text) => locator.filter({ hasText: text }).first().waitFor();
const act = (page, label) => page.getByRole("button", { name: label, exact: true }).click();

test("a lattice in the page: agents act, a person decides, the trail is verified", async (t) => {
  const { match } = await serve(t);
  const { context, problems } = await openBrowser(t);
  const page = await context.newPage();
  await page.goto(match[1]);
  await says(page.locator("#verdict"), "open");

  await act(page, "Open a small pull request");
  await says(page.locator(".outcomes .good"), "pr.open · allowed by policy");
  await act(page, "Open a large one");
  await says(page.locator(".outcomes .bad"), "reduce it by 19");
  await act(page, "Merge");
  const card = page.locator("#approvals li", { hasText: "pr.merge" });
  assert.deepEqual(JSON.parse(await card.locator(".what").textContent()), {
    branch: "main",
    pr_number: 41,
    repo: "acme/backend",
  });
  assert.match(await card.locator(".digest").textContent(), /^digest [0-9a-f]{64}$/);
  await card.getByLabel("reason").fill("read it twice");
  await card.getByRole("button", { name: "Approve" }).click();
  await says(page.locator(".outcomes .good"), "pr.merge · approved by host: read it twice");
  await card.waitFor({ state: "detached" });
  await act(page, "Refund €480");
  const refund = page.locator("#approvals li", { hasText: "48000" });
  await refund.getByLabel("reason").fill("no such order");
  await refund.getByRole("button", { name: "Deny" }).click();
  await says(page.locator(".outcomes .bad"), "DENIED_BY_REVIEWER");
  await says(page.locator("#events li"), "approval.decided");

  await page.locator("#verify").click();
  await says(page.locator("#finding.good"), "the chain holds");
  const row = page.locator("#audit tr", { hasText: "CONDITIONS_DENIED" });
  const rowId = await row.getAttribute("data-row");
  await row.click();
  await page.getByRole("button", { name: `Damage row ${rowId}` }).click();
  await says(page.locator("#finding.bad"), `row ${rowId} was edited`);
  assert.equal(await page.locator("#audit tr.damaged").getAttribute("data-row"), rowId);
  await page.screenshot(shot("browser-console"));
  await page.getByRole("button", { name: "Mend it" }).click();
  await says(page.locator("#finding.good"), "the chain holds");
  assert.deepEqual(problems, []);
});

test("the ledger stays, has one writer, and hostile text stays text", async (t) => {
  const { match } = await serve(t);
  const { context, problems } = await openBrowser(t);
  const page = await context.newPage();
  await page.goto(match[1]);
  await says(page.locator("#verdict"), "open");
  await act(page, "Try to deceive");
  const card = page.locator("#approvals li");
  await says(card.locator(".what"), "<img src=x onerror=alert(1)>⟨U+202E⟩A-1011");
  assert.equal(await page.locator("main img").count(), 0);
  const organisation = await page.locator("#facts").textContent();

  const second = await context.newPage();
  await second.goto(match[1]);
  await says(second.locator("#verdict"), "LEDGER_UNAVAILABLE");
  await says(second.locator("#finding"), "another page or worker has it open");
  await page.close();
  await second.reload();
  await says(second.locator("#verdict"), "open");
  await says(second.locator("#approvals .what"), "A-1011");
  assert.equal(
    /org-[0-9a-f]+/.exec(await second.locator("#facts").textContent())[0],
    /org-[0-9a-f]+/.exec(organisation)[0],
  );
  assert.deepEqual(problems, []);
});

test("a lattice elsewhere: the page is its operator's", async (t) => {
  const { match, output } = await serve(t, "--lattice");
  const [, operatorKey] = /while this runs: (\S+)/.exec(output());
  const baseUrl = new URL(match[1]).origin;
  const operator = new Operator({ apiKey: operatorKey, baseUrl });
  t.after(() => operator.close());
  const { apiKey } = await operator.registerAgent({ name: "release-bot" });
  const al = new AgentLattice({ apiKey, baseUrl });
  t.after(() => al.close());

  const { context, problems } = await openBrowser(t);
  const page = await context.newPage();
  await page.goto(match[1]);
  await page.locator("#key input").fill(operatorKey);
  await page.locator("#key button").click();
  await says(page.locator("#verdict"), "open");
  assert.ok(!(await page.content()).includes(operatorKey), "the key is not in the page");
  assert.ok(!page.url().includes(operatorKey));

  const denied = assert.rejects(al.gate("pr.merge", { metadata: { pr_number: 7 } }), {
    reason: "DENIED_BY_REVIEWER",
    message: /not on a Friday/,
  });
  const card = page.locator("#approvals li", { hasText: "pr.merge" });
  await card.getByLabel("reason").fill("not on a Friday");
  await card.getByRole("button", { name: "Deny" }).click();
  await denied;
  await says(page.locator("#events li"), "approval.decided");
  await page.locator("#verify").click();
  await says(page.locator("#finding.good"), "the chain holds");
  await page.screenshot(shot("browser-console-elsewhere"));
  assert.deepEqual(problems, []);
});
