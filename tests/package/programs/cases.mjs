// What every runtime is asked to do with the package, embedded and over a network. It uses web standards only, and imports nothing:
// whoever runs it hands over the package, however it was loaded there.

/** The lattice's, here and at the service. */
export const policies = [
  { name: "reading", action_type: "repo.read", effect: "allow" },
  { name: "merging", action_type: "pr.merge", effect: "require_approval" },
];

export const caseNames = [
  "load",
  "execute",
  "gate",
  "delegate",
  "subscribe",
  "verify",
  "sync",
  "dispose",
];

const patience_ms = 20_000;

/**
 * `api`: everything that the package and its ./sync export. `service`: `{ baseUrl, apiKey }` of a lattice where somebody approves
 * whatever is asked. `blocks`: whether a thread may wait here. `wasm`: modules to hand over, by name; `WebSocket`: a class to hand over.
 * Resolves with `{ results, load_ms }`; a result that is not `ok` has its `problem`.
 */
export async function runCases(api, service, { blocks, wasm = {}, WebSocket } = {}) {
  const results = [];
  const attempt = async (where, name, body) => {
    try {
      await withPatience(body());
      results.push({ where, name, ok: true });
    } catch (error) {
      const problem = `${error?.code ?? error?.name}: ${error?.message ?? error}`;
      results.push({ where, name, ok: false, problem, stack: String(error?.stack) });
    }
  };

  const begin_ms = performance.now();
  let load_ms;
  let lattice;
  let embedded;
  await attempt("embedded", "load", async () => {
    const open = () => api.Lattice.open({ policies, wasm: wasm["agentlattice.wasm"] });
    // Two at once: they share one compilation and are two lattices.
    const [first, second] = await Promise.all([open(), open()]);
    load_ms = performance.now() - begin_ms;
    await second.close();
    lattice = first;
    const operator = lattice.operator("ada");
    lattice.onEvent(({ eventType, data }) => {
      if (eventType === "approval.requested")
        operator.approve(data.approval.approval_id, "reviewed");
    });
    embedded = lattice.agent("tester");
    equal((await embedded.whoami()).agent?.name ?? "tester", "tester");
  });
  await useAgent(attempt, "embedded", embedded);
  await attempt("embedded", "sync", async () => {
    const now = new api.AgentLatticeSync({ lattice, agent: "now" });
    equal(now.execute("repo.read").status, "executed");
    equal(now.verify().chainValid, true);
    now.close();
  });
  await attempt("embedded", "dispose", async () => {
    await lattice.close();
    await rejects(embedded.execute("repo.read"), "CLOSED");
  });

  let remote;
  await attempt("network", "load", async () => {
    remote = new api.AgentLattice({ ...service, WebSocket, wasm: wasm["client.wasm"] });
    equal(typeof (await remote.whoami()).orgId, "string");
  });
  await useAgent(attempt, "network", remote);
  await attempt("network", "sync", async () => {
    const make = () => new api.AgentLatticeSync(service);
    if (!blocks) return throws(make, "WOULD_BLOCK");
    const now = make();
    equal(now.execute("repo.read").status, "executed");
    equal(now.gate("pr.merge").approval.reason, "reviewed");
    equal(now.verify().chainValid, true);
    now.close();
    throws(() => now.execute("repo.read"), "CLOSED");
  });
  await attempt("network", "dispose", async () => {
    remote.close();
    await rejects(remote.execute("repo.read"), "CLOSED");
  });
  return { results, load_ms };
}

/** What an agent does, wherever its lattice is. */
async function useAgent(attempt, where, al) {
  await attempt(where, "execute", async () => {
    const done = await al.execute("repo.read", { metadata: { ü: "\u{1f600}" } });
    equal(done.status, "executed");
    equal((await al.execute("mail.send")).status, "denied");
  });
  await attempt(where, "gate", async () => {
    const { status, approval } = await al.gate("pr.merge", { metadata: { pr_number: 42 } });
    equal(status, "executed");
    equal(approval.reason, "reviewed");
    await rejects(al.gate("mail.send"), "NO_MATCHING_POLICY", "POLICY_DENIED");
  });
  await attempt(where, "delegate", async () => {
    const scope = { capabilities: ["repo.read"], ttl: 60 };
    const said = await al.delegate("reader", scope, async (reader) => {
      const allowed = await reader.execute("repo.read");
      const outside = await reader.execute("pr.merge");
      return [allowed.status, outside.denialReason].join(" ");
    });
    equal(said, "executed DELEGATION_SCOPE");
    equal((await al.delegations()).delegations.length, 0);
  });
  await attempt(where, "subscribe", async () => {
    let heard;
    const event = new Promise((resolve) => {
      heard = resolve;
    });
    const subscription = await al.subscribe(null, (one) => {
      if (one.data.action_type === "mail.send") heard(one);
    });
    await al.execute("mail.send");
    equal((await event).eventType, "action.denied");
    subscription.unsubscribe();
  });
  await attempt(where, "verify", async () => {
    const { chainValid, rowsChecked } = await al.verify();
    equal(chainValid, true);
    equal(rowsChecked > 0, true);
  });
}

function equal(actual, expected) {
  if (actual !== expected)
    throw new Error(`${JSON.stringify(actual)} in place of ${JSON.stringify(expected)}`);
}

async function rejects(promise, ...codes) {
  const code = await promise.then(
    () => "nothing",
    (error) => error.code,
  );
  if (!codes.includes(code)) throw new Error(`${code} in place of ${codes.join(" or ")}`);
}

function throws(body, code) {
  try {
    body();
  } catch (error) {
    return equal(error.code, code);
  }
  throw new Error(`nothing in place of ${code}`);
}

/** A promise that fails where `promise` takes too long. */
async function withPatience(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${patience_ms} ms`)), patience_ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
