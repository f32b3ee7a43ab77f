// Watching the attempts of a client, from where they go through `fetch`.

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
 * Told of each attempt over the network, as it happens. What they throw is dropped. Spans for OpenTelemetry, without a
 * dependency of this package:
 *
 * ```js
 * const tracer = trace.getTracer("agentlattice");
 * const spans = new WeakMap();
 * const al = new AgentLattice({
 *   apiKey: process.env.AL_API_KEY,
 *   hooks: {
 *     onRequest(attempt) {
 *       const { method, path, attempt: number } = attempt;
 *       const attributes = { "http.request.method": method, "url.path": path, "http.request.resend_count": number - 1 };
 *       spans.set(attempt, tracer.startSpan(`${method} agentlattice`, { kind: SpanKind.CLIENT, attributes }));
 *     },
 *     onResponse(attempt, { status, requestId, failure }) {
 *       const span = spans.get(attempt);
 *       if (status !== undefined) span.setAttributes({ "http.response.status_code": status, "al.request_id": requestId });
 *       else span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
 *       span.end();
 *     },
 *   },
 * });
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

type Fetch = (url: string, init: RequestInit, first: boolean) => Promise<Response>;

/** How many failed attempts are remembered, in order to recognise the next one as a repetition. */
const failures_max = 1000;

/** `fetch` with its attempts watched. `first` is true for the request that begins a call, which repeats nothing. */
export function watched(fetch: typeof globalThis.fetch, hooks: Hooks): Fetch {
  const failures = new Map<string, { readonly attempt: number; readonly endedAt: number }>();

  return async (url, init, first) => {
    const { method = "GET" } = init;
    const { pathname, search } = new URL(url);
    const path = pathname + search;
    const headers = new Headers(init.headers);
    const eventId = headers.get("x-al-event-id") ?? undefined;
    // A repetition has the event id of the original, or reads the same thing again.
    const key = eventId ?? `${method} ${path}`;
    const before = first ? undefined : failures.get(key);
    failures.delete(key);
    const attempt: Attempt = { method, path, attempt: (before?.attempt ?? 0) + 1, eventId };
    const since = performance.now();
    if (before !== undefined) tell(() => hooks.onRetry?.(attempt, since - before.endedAt));
    tell(() => hooks.onRequest?.(attempt));

    const ended = (response: Response | undefined, failure?: string): void => {
      const endedAt = performance.now();
      if (response?.ok !== true) {
        failures.set(key, { attempt: attempt.attempt, endedAt });
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

/** Hooks watch; they never break a call. */
function tell(hook: () => void): void {
  try {
    hook();
  } catch {
    // Theirs to notice.
  }
}
