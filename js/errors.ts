// The errors of the façade: one class for each way in which a caller can go on, each with the kernel's stable `code`.

import type { ConditionResult } from "./types.js";
import { fromWire } from "./wire-names.js";

/** What every error carries beside its message. */
export interface ErrorTraits {
  /** Machine-readable detail, as the service sent it (wire names inside). */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** True where the same call may succeed later. */
  readonly retryable?: boolean | undefined;
  /** The service's `x-request-id`, where there was an answer. */
  readonly requestId?: string | undefined;
  /** The approval that a gate waited for, whatever ended it. */
  readonly approvalId?: string | undefined;
  /** How long the service asks to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What led to it: a store's error, a signal's reason, a trap. */
  readonly cause?: unknown;
}

/**
 * The base of all errors: `code`, `message`, `details`. A message says what happened, where, and what to do; it never
 * holds a key.
 *
 * Codes in upper case and stable, for instance `UNAUTHENTICATED`, `INVALID_ARGUMENT`, `POLICY_INVALID`,
 * `IDEMPOTENCY_MISMATCH`, `LEDGER_UNAVAILABLE`, `MODULE_UNAVAILABLE`, `CLOSED`.
 */
export class AgentLatticeError extends Error {
  override name = "AgentLatticeError";
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The approval that a `gate` waited for, whatever ended it: `resumeGate` goes on with it. */
  readonly approvalId: string | undefined;

  constructor(code: string, message: string, traits: ErrorTraits = {}) {
    super(message, traits.cause === undefined ? undefined : { cause: traits.cause });
    this.code = code;
    this.details = traits.details;
    this.retryable = traits.retryable ?? false;
    this.requestId = traits.requestId;
    this.retryAfterMs = traits.retryAfterMs;
    this.approvalId = traits.approvalId;
  }
}

/** What a denial explains. */
export interface DenialTraits extends ErrorTraits {
  readonly reason?: string | undefined;
  readonly policy?: string | null | undefined;
  readonly conditions?: readonly ConditionResult[] | undefined;
  readonly auditEventId?: string | undefined;
}

/** A policy or a reviewer said no. The action must not run. */
export class AgentLatticeDeniedError extends AgentLatticeError {
  override name = "AgentLatticeDeniedError";
  /** `CONDITIONS_DENIED`, `NO_MATCHING_POLICY`, `POLICY_TAMPERED`, `DENIED_BY_REVIEWER`, `DELEGATION_SCOPE`, … */
  readonly reason: string | undefined;
  /** The policy that governed, where one did. */
  readonly policy: string | undefined;
  /** Every condition that was looked at, with what it expected and what it found. */
  readonly conditions: readonly ConditionResult[];
  readonly auditEventId: string | undefined;

  constructor(code: string, message: string, traits: DenialTraits = {}) {
    super(code, message, traits);
    this.reason = traits.reason;
    this.policy = traits.policy ?? undefined;
    this.conditions = traits.conditions ?? [];
    this.auditEventId = traits.auditEventId;
  }
}

/** The approval's window closed, or the caller's patience ended, before anyone decided. The action must not run. */
export class AgentLatticeTimeoutError extends AgentLatticeError {
  override name = "AgentLatticeTimeoutError";
}

/** The service could not be reached, or did not answer in time. The action is not allowed. */
export class AgentLatticeConnectionError extends AgentLatticeError {
  override name = "AgentLatticeConnectionError";
}

/** The service's answer cannot be understood, or contradicts itself. Never taken for a yes. */
export class AgentLatticeProtocolError extends AgentLatticeError {
  override name = "AgentLatticeProtocolError";
}

/** The caller's signal was aborted; `cause` is the signal's reason. */
export class AgentLatticeAbortedError extends AgentLatticeError {
  override name = "AgentLatticeAbortedError";
}

/** The WebAssembly instance trapped. Nothing of it can be used any more; make a new client or open the lattice again. */
export class AgentLatticeCrashedError extends AgentLatticeError {
  override name = "AgentLatticeCrashedError";
}

/** True for every error of this package. */
export const isAgentLatticeError = (error: unknown): error is AgentLatticeError =>
  error instanceof AgentLatticeError;
/** True for a denial, by policy or by a reviewer. */
export const isDeniedError = (error: unknown): error is AgentLatticeDeniedError =>
  error instanceof AgentLatticeDeniedError;
/** True where nobody decided in time. */
export const isTimeoutError = (error: unknown): error is AgentLatticeTimeoutError =>
  error instanceof AgentLatticeTimeoutError;
/** True where the service was not reached in time. */
export const isConnectionError = (error: unknown): error is AgentLatticeConnectionError =>
  error instanceof AgentLatticeConnectionError;
/** True where the service's answer made no sense. */
export const isProtocolError = (error: unknown): error is AgentLatticeProtocolError =>
  error instanceof AgentLatticeProtocolError;
/** True where the caller gave up. */
export const isAbortedError = (error: unknown): error is AgentLatticeAbortedError =>
  error instanceof AgentLatticeAbortedError;
/** True where the module instance is lost. */
export const isCrashedError = (error: unknown): error is AgentLatticeCrashedError =>
  error instanceof AgentLatticeCrashedError;

/** The classes by the names that the kernel gives them. */
const classes: Readonly<
  Record<string, new (code: string, message: string, traits: DenialTraits) => AgentLatticeError>
> = {
  error: AgentLatticeError,
  denied: AgentLatticeDeniedError,
  timeout: AgentLatticeTimeoutError,
  connection: AgentLatticeConnectionError,
  protocol: AgentLatticeProtocolError,
  aborted: AgentLatticeAbortedError,
  crashed: AgentLatticeCrashedError,
};

/** An error as the kernel words it; wire names, see wasm/README.md. */
export interface BoundaryError {
  readonly code: string;
  readonly class: string;
  readonly message: string;
  readonly [trait: string]: unknown;
}

/** The one place where an error of the kernel becomes an object of a class. */
export function errorFromBoundary(error: BoundaryError, cause?: unknown): AgentLatticeError {
  const { code, class: kind, message, ...traits } = error;
  const ErrorClass = classes[kind] ?? AgentLatticeError;
  return new ErrorClass(code, message, { ...(fromWire(traits) as DenialTraits), cause });
}

/** A mistake of whoever calls the façade. */
export const invalidArgument = (message: string, cause?: unknown): AgentLatticeError =>
  new AgentLatticeError("INVALID_ARGUMENT", message, { cause });

/** The kernel's WebAssembly cannot be had. */
export const moduleUnavailable = (problem: string, cause?: unknown): AgentLatticeError => {
  const detail = cause instanceof Error ? `: ${cause.message}` : "";
  return new AgentLatticeError(
    "MODULE_UNAVAILABLE",
    `${problem}${detail}; see that the package's .wasm is served, or pass it as "wasm"`,
    { cause },
  );
};

/** An answer to a call on something that was closed. */
export const closedError = (what: string): AgentLatticeError =>
  new AgentLatticeError("CLOSED", `${what} was closed; open a new one`);

/** What a caller whose time is over gets, where the kernel was not asked yet; `missing` is what did not come. */
export const deadlineError = (missing: string): AgentLatticeConnectionError =>
  new AgentLatticeConnectionError("DEADLINE_EXCEEDED", `the call's time is over, and ${missing}`, {
    retryable: true,
  });

/** What a caller whose signal was aborted gets. */
export const abortedError = (signal: AbortSignal): AgentLatticeAbortedError =>
  new AgentLatticeAbortedError("ABORTED", "the call was aborted by its signal", {
    cause: signal.reason,
  });
