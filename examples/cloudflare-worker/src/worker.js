// A shop's refunds: the Worker does the work, the lattice in the organisation's Durable Object says whether it may.

import { refund } from "./payments.js";

export { Organisation } from "./organisation.js";

const agent = "refunds-worker";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const organisation = env.ORGANISATION.get(env.ORGANISATION.idFromName("acme"));
    if (pathname.startsWith("/api/v1/")) return organisation.fetch(request);
    const [, first, second, third] = pathname.split("/");
    if (request.method !== "POST") return problem(404, "there is nothing here to look at");
    if (first === "setup" && second === undefined) return setUp(request, env, organisation);
    if (first !== "refunds") return problem(404, "there are /setup, /refunds and /api/v1");
    if (second === undefined) return askForRefund(request, organisation);
    if (third === "complete") return completeRefund(second, organisation);
    return problem(404, "POST /refunds, then POST /refunds/{approval}/complete");
  },
};

async function setUp(request, env, organisation) {
  const given = request.headers.get("x-setup-token") ?? "";
  if (!env.SETUP_TOKEN || !(await same(given, env.SETUP_TOKEN)))
    return problem(403, "send the setup token as x-setup-token");
  return Response.json(await organisation.enrol(), { status: 201 });
}

async function askForRefund(request, organisation) {
  const order = await request.json().catch(() => undefined);
  if (typeof order?.order !== "string" || !Number.isSafeInteger(order.amount_cents))
    return problem(400, 'send {"order": "A-1009", "amount_cents": 1500}');
  const { order: id, amount_cents } = order;
  const said = await organisation.ask(
    agent,
    "payment.refund",
    { order: id, amount_cents },
    `refund-${id}`,
  );
  if (said.status === "executed") return Response.json(refund(id, amount_cents));
  if (said.status === "requested") {
    return Response.json(
      {
        waiting: said.approvalId,
        until: said.timeoutAt,
        complete: `/refunds/${said.approvalId}/complete`,
      },
      { status: 202 },
    );
  }
  return Response.json(
    {
      denied: said.denialReason,
      why: said.conditionsEvaluated.map(({ hint }) => hint).filter(Boolean),
    },
    { status: 403 },
  );
}

/** What was approved is what runs: the order and the amount come from the approval, not from whoever calls. */
async function completeRefund(approvalId, organisation) {
  const said = await organisation.use(agent, approvalId);
  if (said.status !== "executed")
    return Response.json(said, { status: said.status === "waiting" ? 202 : 403 });
  const { order, amount_cents } = said.approval.metadata;
  return Response.json({ ...refund(order, amount_cents), approvedBy: said.approval.decidedBy });
}

const problem = (status, message) => Response.json({ error: message }, { status });

/** Compares secrets in a time that does not tell how much of them is right. */
async function same(a, b) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [x, y] = (await Promise.all([digest(a), digest(b)])).map((bytes) => new Uint8Array(bytes));
  return x.reduce((difference, byte, index) => difference | (byte ^ y[index]), 0) === 0;
}
