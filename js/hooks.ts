// Watching the attempts of a client, from where they go through `fetch`.

import { promiseOf } from "./promises.js";

/** One HTTP request of a call. The same object is handed to each hook that speaks of it. */
export interface Attempt {
  readonly method: string;
  /** Path and query. Keys are never in there. */
  readonly path: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** The idempotency key, the same for all attempts of one call; reading requests have none. */
  readonly eventId: string | undefined;
}

/** What became of an attempt. */
export interface AttemptOutcome {
  /** Until the headers were there, or the attempt had failed, in milliseconds. */
  readonly durationMs: number;
  /** Undefined where there was no response. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Why there was no response, in words. */
  readonly failure: string | undefined;
}

/**
 * Told of each attempt over the network, as it happens. Nobody waits for what they return, and what they throw is dropped.
 * docs/client.md has all of a tracer; in short:
 *
 * ```js
 * const hooks = {
 *   onRequest: (attempt) => spans.set(attempt, tracer.startSpan(`${attempt.method} agentlattice`)),
 *   onResponse: (attempt, { status }) => spans.get(attempt).setAttribute("http.response.status_code", status).end(),
 * };
 * const al = new AgentLattice({ apiKey: process.env.AL_API_KEY, hooks });
 * ```
 */
export interface Hooks {
  /** Before an attempt. */
  onRequest?(attempt: Attempt): void;
  /** After it, whether there was a response or not. */
  onResponse?(attempt: Attempt, outcome: AttemptOutcome): void;
  /** Before `onRequest` of a second or later attempt. `delayMs`: since the end of the one before. */
  onRetry?(attempt: Attempt, delayMs: number): void;
}

/** Where a client writes what it does: `console`, pino and the like. Keys are never written. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** What the kernel's requests go through. `number`: "17.2" is the second attempt of exchange 17. */
export type WatchedFetch = (url: string, init: RequestInit, number: string) => Promise<Response>;

/** How many exchanges are remembered that may be tried again, in order to tell how long that took. */
const failures_max = 1000;

/** `fetch` with its attempts watched. */
export function watched(fetch: typeof globalThis.fetch, hooks: Hooks): WatchedFetch {
  /** When the last attempt of an exchange ended without success. */
  const failures = new Map<string, number>();

  return async (url, init, number) => {
    const { method = "GET" } = init;
    const { pathname, search } = new URL(url);
    const path = pathname + search;
    const headers = new Headers(init.headers);
    const eventId = headers.get("x-al-event-id") ?? undefined;
    const [exchange, count] = number.split(".") as [string, string];
    const attempt: Attempt = { method, path, attempt: Number(count), eventId };
    const since = performance.now();
    const before = failures.get(exchange);
    failures.delete(exchange);
    if (attempt.attempt > 1) tell(() => hooks.onRetry?.(attempt, since - (before ?? since)));
    tell(() => hooks.onRequest?.(attempt));

    const ended = (response: Response | undefined, failure?: string): void => {
      const endedAt = performance.now();
      if (response?.ok !== true) {
        failures.set(exchange, endedAt);
        const [oldest] = failures.keys();
        if (failures.size > failures_max) failures.delete(oldest as string);
      }
      const requestId = response?.headers.get("x-request-id") ?? undefined;
      const durationMs = endedAt - since;
      tell(() =>
        hooks.onResponse?.(attempt, { durationMs, status: response?.status, requestId, failure }),
      );
    };
    try {
      const response = await fetch(url, init);
      ended(response);
      return response;
    } catch (error) {
      ended(undefined, withoutKey(error, headers));
      throw error;
    }
  };
}

/** The hooks that write to a logger, beside those of the application. */
export function logging(logger: Logger, hooks: Hooks): Hooks {
  const line = ({ method, path, attempt }: Attempt): string =>
    `agentlattice: ${method} ${path}${attempt > 1 ? ` (attempt ${attempt})` : ""}`;
  return {
    onRequest: (attempt) => {
      tell(() => hooks.onRequest?.(attempt));
      tell(() => logger.debug(line(attempt)));
    },
    onResponse: (attempt, outcome) => {
      tell(() => hooks.onResponse?.(attempt, outcome));
      const { status, durationMs, requestId, failure } = outcome;
      const took = `in ${durationMs.toFixed(0)} ms`;
      tell(() =>
        status === undefined
          ? logger.warn(`${line(attempt)}: no response ${took}: ${failure}`)
          : logger.debug(`${line(attempt)}: ${status} ${took}, request ${requestId ?? "unnamed"}`),
      );
    },
    onRetry: (attempt, delayMs) => {
      tell(() => hooks.onRetry?.(attempt, delayMs));
      tell(() => logger.warn(`${line(attempt)}: trying again after ${delayMs.toFixed(0)} ms`));
    },
  };
}

/** An error in words. What throws while it looks at headers may quote them. */
function withoutKey(error: unknown, headers: Headers): string {
  const { message, cause } = Object(error) as { message?: string; cause?: { message?: string } };
  const words = String(cause?.message ?? message ?? error);
  const key = headers.get("authorization")?.replace("Bearer ", "");
  return key ? words.replaceAll(key, "[key]") : words;
}

/** Hooks watch; they never break a call, nor, where they are asynchronous, the process. */
function tell(hook: () => unknown): void {
  try {
    promiseOf(hook())?.catch(() => {});
  } catch {
    // Theirs to notice.
  }
}
