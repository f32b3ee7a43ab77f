// What the console of the examples shows of hostile text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "@agentlattice/wasm/terminal";
import { json, plain } from "../../examples/browser-console/text.js";

test("a page spells out whatever a terminal spells out, of all of Unicode", () => {
  for (let code = 0; code <= 0x10ffff; ++code) {
    const character = String.fromCodePoint(code);
    const spelled = plain(character) !== character;
    if (spelled !== (visible(character) !== character)) assert.fail(`U+${code.toString(16)}`);
  }
});

test("nothing can hide in a text, and line feeds stay where they may", () => {
  const hidden = [..."approve"].map((letter) =>
    String.fromCodePoint(0xe0000 + letter.codePointAt(0)),
  );
  assert.match(
    json({ order: `A-1${hidden.join("")}` }),
    /^\{\n {2}"order": "A-1⟨U\+E0061⟩⟨U\+E0070⟩/,
  );
  assert.equal(plain("a\u00adb\u3164c\nd"), "a⟨U+00AD⟩b⟨U+3164⟩c⟨U+000A⟩d");
  assert.equal(plain("a\n\u2028b", true), "a\n⟨U+2028⟩b");
});
