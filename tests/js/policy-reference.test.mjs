// The kernel, through the wasm, decides and explains as the slow reference does. Millions of decisions: npm run differential.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareAll } from "../reference/campaign.mjs";
import { openKernel } from "../reference/embedded.mjs";

const pairs_wanted = 20_000;

test("one policy, two outcomes in two languages", async (t) => {
  const kernel = await openKernel();
  t.after(() => kernel.close());
  const { pairs, counts } = await compareAll(kernel, { pairs: pairs_wanted, place: kernel.place });
  t.diagnostic(`${pairs} decisions: ${JSON.stringify(counts)}`);
  for (const [verdict, count] of Object.entries(counts))
    assert.ok(count > pairs / 50, `hardly anything was ${verdict}: ${count} of ${pairs}`);
});
