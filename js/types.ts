// The shapes that the façade takes and gives. Times are RFC 3339 text in UTC; durations say their unit in their name.

/** Taken by every method. */
export interface CallOptions {
  /** Aborts the call at once: it rejects with AgentLatticeAbortedError, whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A limit on the whole call, attempts and waiting included, in milliseconds. Default: none beyond those of the client. */
  readonly timeoutMs?: number | undefined;
}

/** What the action reads or touches, in the caller's own words; policies see it as `data.*`. */
export interface DataAccessed {
  readonly type: string;
  readonly count?: number;
  readonly sensitivity?: string;
}

/** JSON of an object: of any type, an interface too, but no array. */
export type Metadata =
  | Readonly<Record<string, unknown>>
  | (object & { readonly [Symbol.iterator]?: never });

/** Options of `execute` and `gate`. The snake_case names are those of the Python SDK and mean the same. */
export interface ActionOptions extends CanIOptions {
  /** An idempotency key of your own, per agent: the same one brings the original result back. Default: one for each call. */
  readonly eventId?: string | undefined;
  readonly event_id?: string | undefined;
}

/** One condition of a policy, evaluated. */
export interface ConditionResult {
  /** For instance `pr_size`. */
  readonly field: string;
  /** For instance `lt`. */
  readonly operator: string;
  readonly expected: unknown;
  /** What was found; absent where the field is missing. */
  readonly actual?: unknown;
  readonly result: boolean;
  /** The smallest change that would pass, in words, where there is one. */
  readonly hint?: string;
}

/** One operator's word on an approval. */
export interface Vote {
  readonly decision: "approve" | "deny";
  /** The operator's name. */
  readonly decidedBy: string;
  readonly decidedAt: string;
  readonly reason?: string;
}

export type ApprovalStatus = "pending" | "approved" | "denied" | "expired" | "cancelled";

/** A question to operators about exactly one action, and what became of it. */
export interface Approval {
  readonly approvalId: string;
  readonly status: ApprovalStatus;
  readonly auditEventId: string;
  readonly actionType: string;
  readonly agentId: string;
  readonly agentName?: string;
  readonly delegationId?: string;
  readonly policyName?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly dataAccessed?: readonly DataAccessed[];
  readonly conditionsEvaluated?: readonly ConditionResult[];
  /** SHA-256, in hex, of exactly what was asked. */
  readonly digest?: string;
  /** Distinct operators that must say yes. */
  readonly quorum?: number;
  /** Operator names or `role:…`; empty: any operator. */
  readonly approvers?: readonly string[];
  readonly votes?: readonly Vote[];
  readonly createdAt: string;
  readonly timeoutAt: string;
  /** Who, when and why, once it is decided. */
  readonly decidedBy?: string;
  readonly decidedAt?: string;
  readonly reason?: string;
  readonly [more: string]: unknown;
}

export type ActionStatus = "executed" | "requested" | "denied";

/** The answer to an action. */
export interface ActionResult {
  readonly status: ActionStatus;
  readonly auditEventId: string;
  /** Set when `status` is `requested`, and by `gate` where there was an approval. */
  readonly approvalId?: string;
  readonly message?: string;
  /** When the approval's window closes. */
  readonly timeoutAt?: string;
  /** `CONDITIONS_DENIED`, `NO_MATCHING_POLICY`, `POLICY_TAMPERED`, … */
  readonly denialReason?: string;
  readonly policyName?: string;
  readonly conditionsEvaluated: readonly ConditionResult[];
  /** Who decided, when and why; from `gate` and `resumeGate`, where a person did. */
  readonly approval?: Approval;
}

/** What became of an executed action. */
export interface ReportOutcome {
  readonly status: "success" | "failure" | "partial";
  readonly message?: string;
  readonly metadata?: Metadata;
}

export interface Report {
  readonly reportedAt: string;
}

export interface DelegateOptions extends CallOptions {
  /** Action types that the child may perform, exact or as prefixes (`pr.*`); a subset of its parent's. */
  readonly capabilities: readonly string[];
  /** Lifetime in seconds, 1 – 86400; never past the parent's end. */
  readonly ttl: number;
}

export interface Delegation {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly active: boolean;
  readonly expiresAt: string;
  readonly createdAt?: string;
  readonly parentId?: string;
  readonly depth?: number;
  readonly [more: string]: unknown;
}

export interface DelegationsQuery extends CallOptions {
  /** As whose parent, or as whose child. Default: both. */
  readonly role?: "parent" | "child" | undefined;
  /** Leave out those that ended. Default: true. */
  readonly activeOnly?: boolean | undefined;
  readonly active_only?: boolean | undefined;
}

/** A policy as the service describes it. */
export interface Policy {
  readonly name: string;
  readonly actionType: string;
  readonly effect?: "allow" | "deny" | "require_approval" | "conditional";
  readonly approvalRequired?: boolean;
  readonly enabled?: boolean;
  readonly description?: string;
  /** SHA-256 of the document, in hex. */
  readonly digest?: string;
  /** The whole policy as it was written, with the names of the policy file. */
  readonly policy?: PolicyDocument;
  readonly [more: string]: unknown;
}

/** A policy as it is written: the JSON of a policy file, names as in the file (`action_type`, `on_fail`, …). */
export type PolicyDocument = Readonly<Record<string, unknown>>;
/** A policy file: `{"policies": […]}` or the array alone. */
export type PolicyFile = PolicyDocument | readonly PolicyDocument[];

export interface WhoAmI {
  readonly name: string;
  readonly orgId: string;
  readonly agentId?: string;
  readonly configId?: string;
  /** The circuit breaker: `closed`, `open` or `half_open`. */
  readonly cbState?: string;
  readonly policies?: readonly Policy[];
  readonly delegations?: {
    readonly asParent: readonly Delegation[];
    readonly asChild: readonly Delegation[];
  };
  readonly [more: string]: unknown;
}

export interface CanIOptions extends CallOptions {
  /** Facts on which policies decide; JSON, handed on as it stands. */
  readonly metadata?: Metadata | undefined;
  readonly dataAccessed?: readonly DataAccessed[] | undefined;
  readonly data_accessed?: readonly DataAccessed[] | undefined;
}

/** What would happen; nothing was recorded, nothing was asked. */
export interface CanI {
  readonly allowed: boolean;
  readonly needsApproval: boolean;
  readonly policyName?: string;
  readonly denialReason?: string;
  readonly conditionsEvaluated: readonly ConditionResult[];
}

export interface AuditQuery extends CallOptions {
  /** From the page before. */
  readonly cursor?: string | undefined;
  /** Events on a page, 1 – 500. Default: 50. */
  readonly limit?: number | undefined;
  readonly actionType?: string | undefined;
  readonly action_type?: string | undefined;
}

export interface AuditEvent {
  /** The row of the ledger. */
  readonly rowId?: number;
  /** For instance `action.executed` or `approval.decided`. */
  readonly type?: string;
  readonly timestamp: string;
  readonly actionType?: string;
  readonly agentId?: string;
  readonly agentName?: string;
  readonly auditEventId?: string;
  /** What happened, in one word. */
  readonly status?: string;
  /** What the row says; wire names inside. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** What it commits to, where the reader may see it; wire names inside. */
  readonly opened?: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

/** Newest first. */
export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** Null at the end. */
  readonly nextCursor: string | null;
}

/** What can be wrong with a ledger or a receipt. */
export type Damage =
  | "none"
  | "edited"
  | "deleted"
  | "inserted"
  | "reordered"
  | "truncated"
  | "forked"
  | "bad_signature";

/** What proves an action offline. Plain data: keep it as JSON. */
export interface Receipt {
  /** The row, canonical JSON. */
  readonly row: string;
  /** What the row commits to, where the reader may see it. */
  readonly openings?: string;
  /** Index, inclusion proof and checkpoint in the C2SP form tlog-proof. */
  readonly proof: string;
}

export interface ReceiptVerdict {
  readonly valid: boolean;
  readonly damage: Damage;
  /** The same in words. */
  readonly message: string;
  readonly rowId: number;
  /** The trusted keys by whose signatures the checkpoint is authentic. */
  readonly signedBy?: readonly string[];
  /** What the row says; absent where it cannot be believed. Wire names inside `facts` and `opened`. */
  readonly type?: string;
  readonly timestamp?: string;
  readonly agentId?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly opened?: Readonly<Record<string, unknown>>;
  /** Of the checkpoint: how many rows it covers, and of which ledger. */
  readonly size?: number;
  readonly origin?: string;
}

export interface Verification {
  readonly chainValid: boolean;
  /** Null where nothing is broken. */
  readonly firstBrokenAtRowId: number | null;
  readonly damage: Damage;
  /** The same in words. */
  readonly message: string;
  readonly rowsChecked: number;
  /** How many rows the service says that there are, and its note about them. */
  readonly size: number;
  readonly checkpoint: string;
  /** What was pinned and compared with. Where the ledger is `forked`, the two notes contradict each other. */
  readonly pinned?: string;
  /** The trusted keys by whose signatures the checkpoint is authentic; absent without `trust`. */
  readonly signedBy?: readonly string[];
  readonly [more: string]: unknown;
}

export interface PostureQuery extends CallOptions {
  /** An agent's id or name. Default: the whole organisation. */
  readonly agent?: string | undefined;
}

export interface PostureComponent {
  readonly score: number;
  readonly max: number;
  /** What was counted: `part` of `whole`, and what that is, in words. */
  readonly part: number;
  readonly whole: number;
  readonly counted: string;
  /** The rows it rests on: the first and the last that were counted, and the latest that cost points, at most 20. */
  readonly rows?: {
    readonly first?: number;
    readonly last?: number;
    readonly against: readonly number[];
  };
  readonly [more: string]: unknown;
}

export interface Posture {
  /** 0 – 100. */
  readonly score: number;
  /** `policyCoverage`, `approvalRate`, `anomalyFrequency`, `chainIntegrity`. */
  readonly components: Readonly<Record<string, PostureComponent>>;
}

/** When an agent's circuit breaker opens, and how it closes again. A limit of 0 is off. */
export interface BreakerSettings {
  /** Length of the window in which failures and denials are counted, 1 – 86400 s. Default: 300. */
  readonly windowSeconds: number;
  /** Fewer reports, or decisions, in the window decide nothing, 1 – 100000. Default: 20. */
  readonly minimumCount: number;
  /** Opens when this share of the reported outcomes failed, 0 – 100 %. Default: 0. */
  readonly failurePercent: number;
  /** Opens when this share of the actions was denied, 0 – 100 %. Default: 0. */
  readonly denialPercent: number;
  /** Opens when more actions than this are asked for in `velocityWindowSeconds`, 0 – 10⁹. Default: 0. */
  readonly velocityMax: number;
  /** 1 – 3600 s. Default: 60. */
  readonly velocityWindowSeconds: number;
  /** How long it stays open the first time, 1 – 86400 s; doubles with each failed probe. Default: 60. */
  readonly coolDownSeconds: number;
  /** And at most how long, 1 – 604800 s. Default: 3600. */
  readonly coolDownMaxSeconds: number;
  /** Actions that are let through while it is half open, 1 – 16. Default: 1. */
  readonly probesMax: number;
  /** After failures: how long a probe may take to report, 1 – 86400 s. Default: 60. */
  readonly probeSeconds: number;
}

/** What approvals an agent may ask for. */
export interface ApprovalSettings {
  /** As many of its actions wait for a person at most, 1 – 100000; further ones are denied. Default: 1000. */
  readonly pendingMax: number;
}

/** When an agent's behaviour is an anomaly, and what becomes of it. A severity of 0 is off. */
export interface AnomalySettings {
  /** Actions during which an agent is only learnt from, 0 – 1000000. Default: 200. */
  readonly calibrationActions: number;
  /** Hours likewise, 0 – 8760. Default: 168. */
  readonly calibrationHours: number;
  /** How many times the usual is a spike, 2 – 100. Default: 5. */
  readonly spikeFactor: number;
  /** Opens the circuit breaker from this severity on, 0 – 100. Default: 0. */
  readonly openSeverity: number;
  /** Halts the agent from this severity on, 0 – 100; only an operator resumes it. Default: 0. */
  readonly haltSeverity: number;
}

/** The settings of an organisation. */
export interface Settings {
  readonly approvals: ApprovalSettings;
  readonly breaker: BreakerSettings;
  readonly anomalies: AnomalySettings;
}

/** Settings as they are written: what is left out takes its default. */
export interface SettingsChange {
  readonly approvals?: Partial<ApprovalSettings> | undefined;
  readonly breaker?: Partial<BreakerSettings> | undefined;
  readonly anomalies?: Partial<AnomalySettings> | undefined;
}

/** Something that happened and is durable. */
export interface GovernanceEvent {
  /** The row of the ledger. */
  readonly seq: number;
  /** For instance `action.denied` or `approval.requested`. */
  readonly eventType: string;
  /** "" where no agent acted. */
  readonly agentId: string;
  readonly timestamp: string;
  /** Wire names inside. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RegisteredAgent {
  readonly agentId: string;
  readonly name: string;
  /** Shown this once; the lattice keeps only its hash. */
  readonly apiKey: string;
  readonly keyId: string;
  readonly [more: string]: unknown;
}

export interface RegisteredOperator {
  readonly operatorId: string;
  readonly name: string;
  /** Shown this once; the lattice keeps only its hash. */
  readonly apiKey: string;
  readonly [more: string]: unknown;
}
