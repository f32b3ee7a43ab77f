// AgentLattice for code that cannot wait for promises.

export { AgentLatticeSync, type AgentLatticeSyncOptions, type Sync } from "./agent-lattice-sync.js";
export type { DelegatedAgentSync } from "./delegated-agent-sync.js";
