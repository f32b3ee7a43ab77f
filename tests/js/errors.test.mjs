import assert from "node:assert/strict";
import { test } from "node:test";
import { errorFromBoundary } from "../../npm/dist/errors.js";

// Of the modules, too: what the package gives Node.js is made of copies.
const exported = { ...(await import("../../npm/dist/index.js")) };

const { AgentLatticeError, isAgentLatticeError } = exported;

test("each class of the boundary becomes a class of its own, with its guard", () => {
  const table = {
    error: ["AgentLatticeError", "isAgentLatticeError"],
    denied: ["AgentLatticeDeniedError", "isDeniedError"],
    timeout: ["AgentLatticeTimeoutError", "isTimeoutError"],
    connection: ["AgentLatticeConnectionError", "isConnectionError"],
    protocol: ["AgentLatticeProtocolError", "isProtocolError"],
    aborted: ["AgentLatticeAbortedError", "isAbortedError"],
    crashed: ["AgentLatticeCrashedError", "isCrashedError"],
  };
  for (const [kind, [name, guard]] of Object.entries(table)) {
    const error = errorFromBoundary({ code: "CODE", class: kind, message: "m" });
    assert.equal(error.constructor, exported[name]);
    assert.equal(error.name, name);
    assert.ok(error instanceof AgentLatticeError && error instanceof Error);
    assert.ok(exported[guard](error) && isAgentLatticeError(error));
    assert.ok(!exported[guard](new Error("m")));
  }
});

test("an unknown class is an error, never something milder", () => {
  assert.equal(
    errorFromBoundary({ code: "NEW", class: "novel", message: "m" }).constructor,
    AgentLatticeError,
  );
});

test("an error carries code, message, details, retryable, requestId, retryAfterMs and cause", () => {
  const cause = new Error("below");
  const error = errorFromBoundary(
    {
      code: "C",
      class: "error",
      message: "m",
      retryable: true,
      request_id: "req-1",
      retry_after_ms: 7,
      details: { some_key: 1 },
    },
    cause,
  );
  const { code, message, details, retryable, requestId, retryAfterMs } = error;
  assert.deepEqual(
    { code, message, details, retryable, requestId, retryAfterMs },
    {
      code: "C",
      message: "m",
      details: { some_key: 1 },
      retryable: true,
      requestId: "req-1",
      retryAfterMs: 7,
    },
  );
  assert.equal(error.cause, cause);
});

test("a denial explains itself; without explanation it still has conditions", () => {
  const condition = { field: "pr_size", operator: "lt", expected: 50, actual: 120, result: false };
  const denied = errorFromBoundary({
    code: "POLICY_DENIED",
    class: "denied",
    message: "m",
    reason: "CONDITIONS_DENIED",
    policy: null,
    conditions: [condition],
    approval_id: "apr-1",
    audit_event_id: "evt-1",
  });
  assert.equal(denied.reason, "CONDITIONS_DENIED");
  assert.equal(denied.policy, undefined);
  assert.deepEqual(denied.conditions, [condition]);
  assert.equal(denied.approvalId, "apr-1");
  assert.equal(denied.auditEventId, "evt-1");
  assert.deepEqual(
    errorFromBoundary({ code: "POLICY_DENIED", class: "denied", message: "m" }).conditions,
    [],
  );
});

test("a timeout names its approval", () => {
  assert.equal(
    errorFromBoundary({
      code: "APPROVAL_TIMEOUT",
      class: "timeout",
      message: "m",
      approval_id: "apr-1",
    }).approvalId,
    "apr-1",
  );
});
