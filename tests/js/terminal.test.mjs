// What a terminal shows of texts that are long, wide, or both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, wrap } from "@agentlattice/wasm/terminal";

test("lines are broken at spaces, and within words that are longer than a line", () => {
  assert.deepEqual(wrap("", 10), [""]);
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrap("one  two ", 4), ["one", "two"]);
  assert.deepEqual(wrap("a abcdefghij b", 4), ["a", "abcd", "efgh", "ij b"]);
  assert.deepEqual(wrap("abcdefgh b", 4), ["abcd", "efgh", "b"]);
});

test("no character is torn, and a mark stays with its letter", () => {
  assert.deepEqual(wrap("😀😀😀", 3), ["😀", "😀", "😀"]);
  assert.deepEqual(wrap("漢字 漢字", 5), ["漢字", "漢字"]);
  assert.deepEqual(wrap("ae\u0301ae\u0301", 2), ["ae\u0301", "ae\u0301"]);
});

test("a text that is too long is cut, with an ellipsis", () => {
  assert.equal(cut("abcd", 4), "abcd");
  assert.equal(cut("abcde", 4), "abc…");
  assert.equal(cut("漢字漢", 5), "漢字…");
  assert.equal(cut("漢字漢", 4), "漢…");
  assert.equal(cut("abe\u0301d", 3), "ab…");
  assert.equal(cut("abe\u0301", 3), "abe\u0301");
  assert.equal(cut("a", 0), "…");
});

for (const [what, text, between] of [
  ["without spaces", "abcdefghij".repeat(100_000), ""],
  ["of wide characters", "漢".repeat(300_000), ""],
  ["of many words", "a bc def ghij ".repeat(75_000).trimEnd(), " "],
]) {
  test(`a megabyte ${what} is wrapped at once, and nothing is lost`, () => {
    const since = performance.now();
    const lines = wrap(text, 84);
    // It would be minutes if the rest were looked at again for each line.
    assert.ok(performance.now() - since < 1000);
    assert.equal(lines.join(between), text);
    assert.ok(lines.every((line) => line.length <= 84));
    assert.equal(cut(text, 84).length <= 84, true);
  });
}
