// Governance for AI agents: policies, approvals, delegation and a verifiable audit log, in one WebAssembly kernel.

export {
  AgentLattice,
  type AgentLatticeOptions,
  type DelegatedAgents,
  type PendingDelegation,
} from "./agent-lattice.js";
export type { Answer, RawResponse } from "./answer.js";
export { type CheckpointStore, MemoryCheckpointStore } from "./checkpoints.js";
export type { ClientOptions, LatticeConnection } from "./client-options.js";
export type { ServerSocket } from "./connections.js";
export type { DelegatedAgent } from "./delegated-agent.js";
export {
  AgentLatticeAbortedError,
  AgentLatticeConnectionError,
  AgentLatticeCrashedError,
  AgentLatticeDeniedError,
  AgentLatticeError,
  AgentLatticeProtocolError,
  AgentLatticeTimeoutError,
  isAbortedError,
  isAgentLatticeError,
  isConnectionError,
  isCrashedError,
  isDeniedError,
  isProtocolError,
  isTimeoutError,
} from "./errors.js";
export type { EventStream } from "./event-stream.js";
export type { Attempt, AttemptOutcome, Hooks, Logger } from "./hooks.js";
export {
  type EmbeddedAgentOptions,
  type EmbeddedOperatorOptions,
  type EmbeddedOptions,
  Lattice,
  type LatticeOptions,
} from "./lattice.js";
export type { WasmSource } from "./loaders/platform.js";
export {
  type AgentRegistration,
  type ApprovalsPage,
  type ApprovalsQuery,
  Operator,
  type OperatorOptions,
  type OperatorRegistration,
} from "./operator.js";
export type { EventsOptions, SubscribeOptions, Subscription } from "./realtime.js";
export { type VerifyReceiptOptions, verifyReceipt } from "./receipts.js";
export {
  generateSigningKey,
  importSigningKey,
  type Signer,
  type SigningKey,
  type SigningKeyOptions,
} from "./signing.js";
export type { LedgerRow, LedgerSnapshot, LedgerStore } from "./stores/store.js";
export { type Trust, trustKeys } from "./trust.js";
export type {
  ActionOptions,
  ActionResult,
  ActionStatus,
  AnomalySettings,
  Approval,
  ApprovalStatus,
  AuditEvent,
  AuditPage,
  AuditQuery,
  BreakerSettings,
  CallOptions,
  CanI,
  CanIOptions,
  ConditionResult,
  Damage,
  DataAccessed,
  DelegateOptions,
  Delegation,
  DelegationsQuery,
  GovernanceEvent,
  Metadata,
  Policy,
  PolicyDocument,
  PolicyFile,
  Posture,
  PostureComponent,
  PostureQuery,
  Receipt,
  ReceiptVerdict,
  RegisteredAgent,
  RegisteredOperator,
  Report,
  ReportOutcome,
  Settings,
  SettingsChange,
  Verification,
  Vote,
  WhoAmI,
} from "./types.js";
