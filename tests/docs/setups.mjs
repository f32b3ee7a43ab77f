// What the code blocks of the documentation find ready: `<!-- run: with=NAME -->` above a block puts the setup of that name before it. A
// setup declares what the block leaves out, under the names of the prose, and imports under names that no block uses.
const policies = [
  {
    name: "small",
    action_type: "pr.open",
    effect: "conditional",
    conditions: [{ field: "pr_size", operator: "lt", value: 50 }],
  },
  { name: "merging", action_type: "pr.merge", effect: "require_approval" },
  { name: "reading", action_type: "repo.read", effect: "allow" },
  { name: "tests", action_type: "ci.*", effect: "allow" },
];

const open = `
import { Lattice as LatticeOfSetup } from "@agentlattice/wasm";
import { serve as serveOfSetup } from "@agentlattice/wasm/node";
const lattice = await LatticeOfSetup.open({ policies: ${JSON.stringify(policies)} });
const al = lattice.agent("docs");
const operator = lattice.operator("ada");
`;

const service = `
import { Lattice as LatticeOfSetup } from "@agentlattice/wasm";
import { serve as serveOfSetup } from "@agentlattice/wasm/node";
const lattice = await LatticeOfSetup.open({ policies: ${JSON.stringify(policies)} });
const { apiKey } = await lattice.registerAgent({ name: "remote" });
const server = await serveOfSetup(lattice);
const baseUrl = server.url;
`;

export const setups = {
  /** An agent `al`, and an operator who approves whatever is asked. */
  lattice: {
    before: `${open}
lattice.onEvent(({ eventType, data }) => {
  if (eventType === "approval.requested") operator.approve(data.approval.approval_id, "reviewed");
});
`,
    after: "",
  },
  /** The same, with an approval that waits for `operator`. */
  pending: {
    before: `${open}
await al.execute("pr.merge", { metadata: { pr_number: 42 } });
`,
    after: "",
  },
  /** A lattice that is also served on loopback, and the key of an agent. */
  served: {
    before: `${open}
const { apiKey } = await lattice.registerAgent({ name: "remote" });
const server = await serveOfSetup(lattice);
`,
    after: "selfHosted.close();\nawait server.close({ graceMs: 0 });",
  },
  /** A lattice as seen from elsewhere: `apiKey` and `baseUrl`. */
  service: {
    before: service,
    after: "await server.close({ graceMs: 0 });",
  },
  /** The same in a thread of its own, for whoever blocks this one. */
  elsewhere: {
    before: `
import { startLatticeThread } from ${JSON.stringify(new URL("../server/lattice-thread.mjs", import.meta.url))};
const service = await startLatticeThread({ policies: ${JSON.stringify(policies)} });
const { apiKey, baseUrl } = service;
`,
    after: "await service.stop();",
  },
  /** A lattice as seen from elsewhere, and what OpenTelemetry's SDK records. */
  traced: {
    before: `${service}
import { trace as traceOfSetup } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
const exporter = new InMemorySpanExporter();
traceOfSetup.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
`,
    after: "await server.close({ graceMs: 0 });",
  },
  /** What every CommonJS file finds. */
  commonjs: {
    before: `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
`,
    after: "",
  },
};
