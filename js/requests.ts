// What each method of an agent asks of a lattice: its options, checked, as one request. The asynchronous and the synchronous
// façades share this.

import { invalidArgument } from "./errors.js";
import { callOptions, readOptions, readText } from "./options.js";
import { JsonText, toQuery } from "./text.js";
import type {
  ActionOptions,
  ActionResult,
  AuditQuery,
  CallOptions,
  CanIOptions,
  DelegateOptions,
  DelegationsQuery,
  PostureQuery,
  ReportOutcome,
} from "./types.js";
import { toWire } from "./wire-names.js";

/** One request, in the façade's terms. */
export interface Request extends CallOptions {
  readonly operation: string;
  /** Ids and names that stand in the path. */
  readonly args?: readonly string[] | undefined;
  readonly query?: string | undefined;
  /** What becomes the JSON body, or JSON text that is one. */
  readonly body?: unknown;
  readonly eventId?: string | undefined;
  readonly delegationId?: string | undefined;
}

/** One that takes ids or names, the options of every call, and perhaps a body. */
export const plain = (
  operation: string,
  args: readonly string[],
  options: CallOptions | undefined,
  body?: unknown,
): Request => ({
  operation,
  ...readOptions(operation, options, callOptions),
  args: args.map((arg) => readId(operation, arg)),
  body,
});

/** A policy, or a file of them, on its way: a value, or JSON text, which the kernel reads as it stands. */
export const documentOf = (operation: string, document: unknown): unknown =>
  typeof document === "string" ? new JsonText(operation, document) : document;

const actionOptions = {
  ...callOptions,
  metadata: "object",
  dataAccessed: "json",
  eventId: "string",
} as const;

export function action(
  operation: "execute" | "gate",
  actionType: string,
  options: ActionOptions | undefined,
  delegationId?: string,
): Request {
  const { metadata, dataAccessed, ...rest } = readOptions(operation, options, actionOptions);
  readText(operation, "the action type", actionType);
  const body = toWire({ actionType, metadata, dataAccessed });
  return { operation, ...rest, body, delegationId };
}

/** What an action is answered with; the wire leaves out what is empty. */
export const asResult = (result: ActionResult): ActionResult => ({
  ...result,
  conditionsEvaluated: result.conditionsEvaluated ?? [],
});

export const resumeGate = (
  approvalId: string,
  options: CallOptions | undefined,
  delegationId?: string,
): Request => ({ ...plain("resumeGate", [approvalId], options), delegationId });

const delegateOptions = { ...callOptions, capabilities: "strings", ttl: "integer" } as const;

export function delegate(
  name: string,
  options: DelegateOptions,
  parentId: string | undefined,
): Request {
  const { capabilities, ttl, ...rest } = readOptions("delegate", options, delegateOptions);
  readText("delegate", "the name", name);
  if (capabilities === undefined)
    throw invalidArgument(
      'delegate: "capabilities" is missing: the action types that the child may perform',
    );
  if (ttl === undefined)
    throw invalidArgument('delegate: "ttl" is missing: the lifetime in seconds, 1 – 86400');
  const body = toWire({ name, capabilities, ttl });
  return { operation: "delegate", ...rest, body, delegationId: parentId };
}

export const policies = (scope: "own" | "org", options: CallOptions | undefined): Request => ({
  ...plain("policies", [], options),
  query: toQuery({ scope }),
});

export function canI(actionType: string, options: CanIOptions | undefined): Request {
  const known = { ...callOptions, metadata: "object", dataAccessed: "json" } as const;
  const { metadata, dataAccessed, ...rest } = readOptions("canI", options, known);
  readText("canI", "the action type", actionType);
  return { operation: "canI", ...rest, body: toWire({ actionType, metadata, dataAccessed }) };
}

export function audit(given: AuditQuery | undefined): Request {
  const known = {
    ...callOptions,
    cursor: "string",
    limit: "integer",
    actionType: "string",
  } as const;
  const { cursor, limit, actionType, ...rest } = readOptions("audit", given, known);
  const query = toQuery({ cursor, limit, action_type: actionType });
  return { operation: "audit", ...rest, query };
}

export function delegations(given: DelegationsQuery | undefined): Request {
  const known = { ...callOptions, role: "string", activeOnly: "boolean" } as const;
  const { role, activeOnly, ...rest } = readOptions("delegations", given, known);
  const query = toQuery({ role, active_only: activeOnly });
  return { operation: "delegations", ...rest, query };
}

export function report(
  auditEventId: string,
  outcome: ReportOutcome,
  options: CallOptions | undefined,
): Request {
  readText("report", "the audit event's id", auditEventId);
  const known = { status: "string", message: "string", metadata: "object" } as const;
  const { status, message, metadata } = readOptions("report", outcome, known);
  const body = toWire({ auditEventId, status, message, metadata });
  return plain("report", [], options, body);
}

export function posture(given: PostureQuery | undefined): Request {
  const { agent, ...rest } = readOptions("posture", given, { ...callOptions, agent: "string" });
  return { operation: "posture", ...rest, query: toQuery({ agent }) };
}

function readId(operation: string, id: unknown): string {
  if (typeof id === "string" && id !== "" && !id.includes("\n")) return id;
  throw invalidArgument(
    `${operation}: an id or a name must be a string of one line that is not empty`,
  );
}
