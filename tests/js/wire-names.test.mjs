import assert from "node:assert/strict";
import { test } from "node:test";
import { toJson, toQuery, wellFormed } from "../../npm/dist/text.js";
import { camelCase, fromWire, snakeCase, toWire } from "../../npm/dist/wire-names.js";

test("names change in both directions", () => {
  const table = [
    ["audit_event_id", "auditEventId"],
    ["first_broken_at_row_id", "firstBrokenAtRowId"],
    ["cb_state", "cbState"],
    ["status", "status"],
  ];
  for (const [wire, facade] of table) {
    assert.equal(camelCase(wire), facade);
    assert.equal(snakeCase(facade), wire);
  }
});

test("names that are not snake_case stay as they are", () => {
  for (const name of ["_private", "a__b", "CamelCase", "trailing_", "weird_-x"])
    assert.equal(camelCase(name), name);
});

test("renaming goes all the way down, through arrays", () => {
  assert.deepEqual(fromWire({ next_cursor: null, events: [{ row_id: 1, agent_name: "a_b" }] }), {
    nextCursor: null,
    events: [{ rowId: 1, agentName: "a_b" }],
  });
});

test("what users, policies and the ledger wrote is never looked into", () => {
  for (const name of [
    "metadata",
    "expected",
    "actual",
    "value",
    "conditions",
    "data",
    "details",
    "facts",
    "opened",
    "policy",
  ]) {
    assert.deepEqual(fromWire({ [name]: { pr_size: [{ some_key: 1 }] } }), {
      [name]: { pr_size: [{ some_key: 1 }] },
    });
  }
  assert.deepEqual(fromWire({ data_accessed: [{ row_count: 1 }] }), {
    dataAccessed: [{ row_count: 1 }],
  });
});

test("a member called __proto__ is a member and nothing else", () => {
  const renamed = fromWire(JSON.parse('{"__proto__":{"is_admin":true}}'));
  assert.equal(Object.getPrototypeOf(renamed), Object.prototype);
  assert.equal(renamed.isAdmin, undefined);
  assert.deepEqual(Object.keys(renamed), ["__proto__"]);
});

test("undefined members do not reach the wire", () => {
  assert.deepEqual(toWire({ actionType: "a", metadata: undefined }), { action_type: "a" });
});

test("lone surrogates become U+FFFD, pairs and backslashes stay", () => {
  assert.equal(wellFormed("a\ud800b\u{1f600}\udc00"), "a\ufffdb\u{1f600}\ufffd");
  assert.equal(
    toJson({ "k\ud800": "v\udfff", plain: "\\ud800 \u{1f600}" }, "x"),
    '{"k\ufffd":"v\ufffd","plain":"\\\\ud800 \u{1f600}"}',
  );
});

test("what JSON cannot say is an error that names it", () => {
  const cycle = {};
  cycle.cycle = cycle;
  for (const value of [{ n: 1n }, cycle, undefined, () => {}]) {
    assert.throws(() => toJson(value, "the metadata"), {
      code: "INVALID_ARGUMENT",
      message: /^the metadata is no JSON/,
    });
  }
});

test("queries are percent-encoded and leave out what is undefined", () => {
  assert.equal(
    toQuery({ limit: 5, cursor: undefined, action_type: "a b&c=ü" }),
    "limit=5&action_type=a%20b%26c%3D%C3%BC",
  );
});
