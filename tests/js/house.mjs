// What several tests share.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentLattice, Lattice } from "@agentlattice/wasm";
import { serve } from "@agentlattice/wasm/node";

/** One policy of each effect. */
export const policies = [
  {
    name: "small",
    action_type: "pr.open",
    effect: "conditional",
    on_fail: "deny",
    conditions: [{ field: "pr_size", operator: "lt", value: 50 }],
  },
  {
    name: "asked",
    action_type: "pr.merge",
    effect: "require_approval",
    approval: { timeout_seconds: 600 },
  },
  { name: "free", action_type: "read.*", effect: "allow" },
  { name: "never", action_type: "drop", effect: "deny" },
];

/** A lattice that is closed after the test. */
export async function openLattice(t, options = {}) {
  const lattice = await Lattice.open({ policies, ...options });
  t.after(() => lattice.close());
  return lattice;
}

/** A lattice on loopback, and the options of a client that may use it. */
export async function served(t, options) {
  const lattice = await openLattice(t, options);
  const server = await serve(lattice);
  t.after(() => server.close({ graceMs: 0 }));
  const { apiKey } = await lattice.registerAgent({ name: "remote" });
  const client = (more) => {
    const al = new AgentLattice({ apiKey, baseUrl: server.url, ...more });
    t.after(() => al.close());
    return al;
  };
  return { lattice, server, apiKey, client };
}

/** A store that outlives its lattice: its rows are in the test's hands. */
export function storeOf(rows = []) {
  return {
    rows,
    description: "arrays",
    open() {},
    read: (from, limit) => rows.slice(from, from + limit),
    append(first, more) {
      assert.equal(first, rows.length);
      rows.push(...more);
    },
    close() {},
  };
}

/** A folder that is removed after the test. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "agentlattice-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What `await using` does, which the oldest Node.js that is supported cannot parse. */
export async function scope(disposable, body) {
  try {
    return await body();
  } finally {
    await disposable[Symbol.asyncDispose]();
  }
}

/** Settles to the error of a promise that must reject; checks the class's name and the code. */
export async function failure(promise, code, name = "AgentLatticeError") {
  const error = await promise.then(
    (value) => assert.fail(`resolved with ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  assert.equal(error.name, name, error.stack);
  assert.equal(error.code, code, error.stack);
  return error;
}

/** Waits until `find` finds something. */
export async function eventually(find) {
  for (let attempt = 0; attempt < 500; ++attempt) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail("it never came");
}

export const firstPending = (operator) =>
  eventually(async () => (await operator.approvals()).approvals[0]);

/** An AbortSignal that counts its listeners. */
export function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const counts = { now: 0, most: 0 };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args) => {
    counts.most = Math.max(counts.most, ++counts.now);
    add(...args);
  };
  signal.removeEventListener = (...args) => {
    --counts.now;
    remove(...args);
  };
  return { controller, signal, counts };
}
