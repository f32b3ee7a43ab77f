import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AgentLattice, Lattice } from "@agentlattice/wasm";
import { embeddedPayload } from "../../npm/dist/embedded-payload.js";
import { Kernel } from "../../npm/dist/kernel.js";
import { countedSignal, failure, openLattice } from "./house.mjs";

const wasmUrl = new URL("../../npm/dist/agentlattice.wasm", import.meta.url);
const clientUrl = new URL("../../npm/dist/client.wasm", import.meta.url);

test("one long-lived signal carries one listener under thousands of calls, and none after them", async (t) => {
  const warnings = [];
  const warned = (warning) => warnings.push(warning);
  process.on("warning", warned);
  t.after(() => process.off("warning", warned));
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  const { signal, counts } = countedSignal();
  for (let n = 0; n < 10_000; n += 100) {
    await Promise.all(Array.from({ length: 100 }, () => al.canI("read.a", { signal })));
  }
  assert.equal(counts.now, 0);
  assert.equal(counts.most, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

test("an abort ends a waiting gate", async (t) => {
  const lattice = await openLattice(t);
  const { controller, signal, counts } = countedSignal();
  const gate = lattice.agent("a").gate("pr.merge", { signal });
  setTimeout(() => controller.abort("enough"), 20);
  const error = await failure(gate, "ABORTED", "AgentLatticeAbortedError");
  assert.equal(error.cause, "enough");
  assert.equal(counts.now, 0);
});

test("a gate ends in time while others keep the kernel busy", async (t) => {
  const lattice = await openLattice(t);
  const [waiting, busy] = [lattice.agent("a"), lattice.agent("b")];
  const began = performance.now();
  let ended;
  const gate = failure(
    waiting.gate("pr.merge", { timeoutMs: 200 }),
    "APPROVAL_TIMEOUT",
    "AgentLatticeTimeoutError",
  ).then(() => {
    ended = performance.now() - began;
  });
  while (ended === undefined && performance.now() - began < 5000) {
    await busy.execute("read.a");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gate;
  assert.ok(ended >= 199 && ended < 5000, `after ${ended} ms`);
});

/** A kernel whose module is ours, so that its wishes are. */
async function wishingKernel(t) {
  const wakes = [];
  let host;
  const payload = {
    name: "none",
    lattice: false,
    create: async (given) => {
      host = given.host;
      return { wake: () => wakes.push(performance.now()) };
    },
  };
  const nothing = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const kernel = await Kernel.start(payload, { wasm: nothing });
  t.after(() => kernel.close("the kernel"));
  return { wakes, wakeIn: (ms) => host.wakeIn(ms, false) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a timer that is due comes, however often the wish changes meanwhile", async (t) => {
  const { wakes, wakeIn } = await wishingKernel(t);
  const began = performance.now();
  while (wakes.length === 0 && performance.now() - began < 5000) {
    wakeIn(0);
    wakeIn(60_000);
    await turn();
  }
  assert.equal(wakes.length, 1);
});

test("a timer that is not due follows the wish", async (t) => {
  const { wakes, wakeIn } = await wishingKernel(t);
  const began = performance.now();
  wakeIn(60_000);
  wakeIn(30);
  while (wakes.length === 0 && performance.now() - began < 5000) await turn();
  assert.ok(wakes[0] - began >= 29, `after ${wakes[0] - began} ms`);
  wakeIn(10);
  wakeIn(-1);
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(wakes.length, 1);
});

test("a timer that was lost is set again by the next wish", async (t) => {
  const { wakes, wakeIn } = await wishingKernel(t);
  const lost = t.mock.method(globalThis, "setTimeout", () => 0);
  wakeIn(0);
  assert.equal(lost.mock.callCount(), 1);
  lost.mock.restore();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(wakes.length, 0);
  wakeIn(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(wakes.length, 1);
});

test("an aborted creation of a sub-agent leaves none behind", async (t) => {
  const lattice = await openLattice(t);
  const al = lattice.agent("a");
  await al.execute("read.a");
  for (let n = 0; n < 20; ++n) {
    const controller = new AbortController();
    const creation = al.delegate(`d${n}`, {
      capabilities: ["read.a"],
      ttl: 60,
      signal: controller.signal,
    });
    await Promise.resolve();
    if (n % 2) await Promise.resolve();
    controller.abort();
    await creation.then(
      (sub) => sub.close(),
      (error) => assert.equal(error.code, "ABORTED"),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual((await al.delegations()).delegations, []);
});

// The trap is made by a host that throws where it must not; for the kernel that is the same.
test("after a trap everything pending and everything later is rejected", async (t) => {
  const ended = [];
  const kernel = await Kernel.start(embeddedPayload, {
    lattice: {
      respond() {},
      append() {
        throw new WebAssembly.RuntimeError("unreachable");
      },
      ended: (error) => ended.push(error),
    },
  });
  t.after(() => kernel.close("the kernel"));
  kernel.call("openLattice", '{"ledger":"host"}');
  kernel.call("startLattice");
  const open = (kind, name) => {
    const { api_key } = kernel.call("attach", kind, name);
    return kernel.call("openClient", JSON.stringify({ api_key })).client;
  };
  const client = open("operator", "host");
  // What is known at once is given, or thrown, at once.
  const submit = async (submission) => kernel.submit(client, submission);
  const put = submit({
    operation: "putPolicy",
    args: ["free"],
    body: '{"name":"free","action_type":"*","effect":"allow"}',
  });
  const crashed = await failure(put, "CRASHED", "AgentLatticeCrashedError");
  assert.match(crashed.message, /unreachable/);
  assert.ok(crashed.cause instanceof WebAssembly.RuntimeError);
  await failure(submit({ operation: "policies" }), "CRASHED", "AgentLatticeCrashedError");
  assert.throws(() => kernel.call("wake"), { code: "CRASHED" });
  assert.equal(ended.length, 1);
});

test("a trap in an answer from the network rejects the calls, and is no unhandled rejection", async () => {
  const answers = [];
  const al = new AgentLattice({
    apiKey: "al_test_0123456789abcdef",
    fetch: () => new Promise((resolve) => answers.push(resolve)),
  });
  const calls = [al.execute("a"), al.execute("b")].map((call) =>
    failure(call, "CRASHED", "AgentLatticeCrashedError"),
  );
  while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
  // Memory is what the glue writes the answer to; without any, it traps.
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = () => {
    throw new RangeError("no memory");
  };
  try {
    answers[0](new Response("x".repeat(15 << 20)));
    await Promise.all(calls);
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
  await failure(al.execute("c"), "CRASHED", "AgentLatticeCrashedError");
});

test("the module can be handed over in every form", async () => {
  const bytes = readFileSync(wasmUrl);
  const forms = [
    bytes,
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    await WebAssembly.compile(bytes),
    new Response(bytes, { headers: { "content-type": "application/wasm" } }),
    new Response(bytes, { headers: { "content-type": "text/html" } }),
    new Response(bytes),
    wasmUrl,
    wasmUrl.href,
    Promise.resolve(bytes),
  ];
  for (const wasm of forms) await (await Lattice.open({ wasm })).close();
});

test("what is no module is refused, each time it is tried", async () => {
  await failure(Lattice.open({ wasm: 7 }), "INVALID_ARGUMENT");
  await failure(Lattice.open({ wasm: "agentlattice.wasm" }), "INVALID_ARGUMENT");
  const other = await failure(Lattice.open({ wasm: clientUrl }), "INVALID_ARGUMENT");
  assert.match(other.message, /must be the agentlattice\.wasm/);
  const mistaken = new AgentLattice({ apiKey: "al_test_x", wasm: wasmUrl });
  const larger = await failure(mistaken.whoami(), "INVALID_ARGUMENT");
  assert.match(larger.message, /must be the client\.wasm/);
  const html = { headers: { "content-type": "text/html" } };
  const useless = [
    new Response("gone", { status: 404 }),
    new Response("<!doctype html>", html),
    new Uint8Array(8),
    new URL("nothing.wasm", wasmUrl),
  ];
  for (const wasm of useless) await failure(Lattice.open({ wasm }), "MODULE_UNAVAILABLE");
  const al = new AgentLattice({
    apiKey: "al_test_x",
    wasm: Promise.reject(new Error("no module")),
  });
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(al.whoami(), /no module/);
  await assert.rejects(al.whoami(), /no module/);
});

test("a lattice that only waits does not keep the process alive, a call that waits does", () => {
  const run = (script) =>
    spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: new URL(".", import.meta.url),
      encoding: "utf8",
      timeout: 20_000,
    });
  const open = `import { Lattice } from "@agentlattice/wasm";
    const policies = [{ name: "p", action_type: "*", effect: "require_approval", approval: { timeout_seconds: 600 } }];
    const lattice = await Lattice.open({ policies });`;
  const idle = run(`${open} await lattice.agent("a").execute("x"); console.log("done");`);
  assert.equal(idle.status, 0, idle.stderr);
  assert.equal(idle.stdout, "done\n");
  const waiting = run(
    `${open} await lattice.agent("a").gate("x", { timeoutMs: 300 }).catch((e) => console.log(e.code));`,
  );
  assert.equal(waiting.stdout, "APPROVAL_TIMEOUT\n", waiting.stderr);
});
