// What each method of an agent asks of a lattice: its options, checked, as one request. The asynchronous and the synchronous
// façades share this.

import type { Submission } from "./boundary.js";
import { invalidArgument } from "./errors.js";
import { callOptions, type Kind, readOptions, readText } from "./options.js";
import { JsonText, toJson, toQuery } from "./text.js";
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
import { actionToWire, toWire } from "./wire-names.js";

/** A request that takes ids or names, the options of every call, and perhaps a body. */
export const plain = (
  operation: string,
  args: readonly string[],
  options: CallOptions | undefined,
  body?: unknown,
): Submission => ({
  operation,
  ...readOptions(operation, options, callOptions),
  args: args.map((arg) => readId(operation, arg)),
  body: body === undefined ? undefined : bodyOf(operation, body),
});

/** A value as the body of a request. Fails with `INVALID_ARGUMENT` where it is no JSON. */
export const bodyOf = (operation: string, value: unknown): string =>
  toJson(value, `${operation}: the request`);

/** A policy, or a file of them, on its way: a value, or JSON text, which the kernel reads as it stands. */
export const documentOf = (operation: string, document: unknown): unknown =>
  typeof document === "string" ? new JsonText(operation, document) : document;

const canIOptions = { ...callOptions, metadata: "object", dataAccessed: "json" } as const;
const actionOptions = { ...canIOptions, eventId: "string" } as const;

export const action = (
  operation: "execute" | "gate",
  actionType: string,
  options: ActionOptions | undefined,
  delegationId?: string,
): Submission => actionRequest(operation, actionType, options, actionOptions, delegationId);

export const canI = (actionType: string, options: CanIOptions | undefined): Submission =>
  actionRequest("canI", actionType, options, canIOptions);

/** A request about an action. Most are, so this names each member, which is faster than to copy those that there are. */
function actionRequest(
  operation: "execute" | "gate" | "canI",
  actionType: string,
  options: ActionOptions | undefined,
  known: Readonly<Record<string, Kind>>,
  delegationId?: string,
): Submission {
  const given = readOptions(operation, options, known);
  const { metadata, dataAccessed, eventId, signal, timeoutMs } = given;
  readText(operation, "the action type", actionType);
  // The kernel would take it for none, and make one.
  if (eventId === "")
    throw invalidArgument(
      `${operation}: "eventId" must not be empty; leave it out where you have none`,
    );
  const body = bodyOf(operation, actionToWire(actionType, metadata, dataAccessed));
  return { operation, body, eventId, delegationId, signal, timeoutMs };
}

/** What an action is answered with; the wire leaves out what is empty. */
export const asResult = (result: ActionResult): ActionResult =>
  result.conditionsEvaluated ? result : { ...result, conditionsEvaluated: [] };

export const resumeGate = (
  approvalId: string,
  options: CallOptions | undefined,
  delegationId?: string,
): Submission => ({ ...plain("resumeGate", [approvalId], options), delegationId });

const delegateOptions = { ...callOptions, capabilities: "strings", ttl: "integer" } as const;

export function delegate(
  name: string,
  options: DelegateOptions,
  parentId: string | undefined,
): Submission {
  const { capabilities, ttl, ...rest } = readOptions("delegate", options, delegateOptions);
  readText("delegate", "the name", name);
  if (capabilities === undefined)
    throw invalidArgument(
      'delegate: "capabilities" is missing: the action types that the child may perform',
    );
  if (ttl === undefined)
    throw invalidArgument('delegate: "ttl" is missing: the lifetime in seconds, 1 – 86400');
  const body = bodyOf("delegate", toWire({ name, capabilities, ttl }));
  return { operation: "delegate", ...rest, body, delegationId: parentId };
}

export const policies = (scope: "own" | "org", options: CallOptions | undefined): Submission => ({
  ...plain("policies", [], options),
  query: toQuery({ scope }),
});

export function audit(given: AuditQuery | undefined): Submission {
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

export function delegations(given: DelegationsQuery | undefined): Submission {
  const known = { ...callOptions, role: "string", activeOnly: "boolean" } as const;
  const { role, activeOnly, ...rest } = readOptions("delegations", given, known);
  const query = toQuery({ role, active_only: activeOnly });
  return { operation: "delegations", ...rest, query };
}

export function report(
  auditEventId: string,
  outcome: ReportOutcome,
  options: CallOptions | undefined,
): Submission {
  readText("report", "the audit event's id", auditEventId);
  const known = { status: "string", message: "string", metadata: "object" } as const;
  const { status, message, metadata } = readOptions("report", outcome, known);
  const body = toWire({ auditEventId, status, message, metadata });
  return plain("report", [], options, body);
}

export function posture(given: PostureQuery | undefined): Submission {
  const { agent, ...rest } = readOptions("posture", given, { ...callOptions, agent: "string" });
  return { operation: "posture", ...rest, query: toQuery({ agent }) };
}

function readId(operation: string, id: unknown): string {
  if (typeof id === "string" && id !== "" && !id.includes("\n")) return id;
  throw invalidArgument(
    `${operation}: an id or a name must be a string of one line that is not empty`,
  );
}
