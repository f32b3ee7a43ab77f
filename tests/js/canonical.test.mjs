// What the ledger commits to is canonical JSON (RFC 8785): its examples, and random values against another implementation.
// Millions of doubles: npm run differential -- --doubles 5000000.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { compareForms, doublesOf, valuesOf } from "../reference/canonical.mjs";

const doubles = 40_000;
const values = 10_000;
const batch = 500;

/** The canonical forms that the rows of a lattice hold of what an agent submitted. */
async function openCanonical(t) {
  const openings = [];
  const store = {
    open() {},
    read: () => [],
    append: (_, rows) => void openings.push(...rows.map((row) => row[1])),
    close() {},
  };
  const lattice = await Lattice.open({ store });
  t.after(() => lattice.close());
  await lattice.registerAgent({ name: "bot" });
  const key = lattice.attach("agent", "bot");
  return async (texts) => {
    const body = `{"action_type":"a","metadata":{${texts.map((text, at) => `"${String(at).padStart(4, "0")}":${text}`)}}}`;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const request = new Request("http://lattice/api/v1/actions", { method: "POST", headers, body });
    const response = await lattice.fetch(request);
    assert.equal(response.status, 200, await response.text());
    return split(openings.at(-1), texts.length);
  };
}

/** The members "0000", "0001", … of what stands in an opening, as they are written. */
function split(opening, count) {
  const [, object] = /"value":\{(.*)\}\}\}$/s.exec(opening);
  const begins = [];
  for (let at = 0, from = 0; at < count; ++at) {
    from = object.indexOf(`${at === 0 ? "" : ","}"${String(at).padStart(4, "0")}":`, from);
    begins.push(from);
  }
  return begins.map((begin, at) => object.slice(object.indexOf(":", begin) + 1, begins[at + 1]));
}

test("the examples of RFC 8785", async (t) => {
  const canonical = await openCanonical(t);
  const examples = [
    // 3.2.2 and 3.2.4
    [
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    ],
    // 3.2.3
    [
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
  ];
  await compareForms(canonical, examples);
});

test("doubles are written as ECMAScript writes them", async (t) => {
  const canonical = await openCanonical(t);
  for (let seed = 1; seed <= doubles / batch; ++seed)
    await compareForms(canonical, doublesOf(seed, batch));
});

test("random values have the form that another implementation gives them", async (t) => {
  const canonical = await openCanonical(t);
  for (let seed = 1; seed <= values / batch; ++seed)
    await compareForms(canonical, valuesOf(seed, batch));
});
