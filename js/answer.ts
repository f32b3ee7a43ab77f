// An answer on its way, and what it came in.

import { invalidArgument } from "./errors.js";

/** The HTTP response that an answer came in; of several (a gate asks more than once) the last. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The service's `x-request-id`. */
  readonly requestId: string | undefined;
}

/**
 * What the methods that ask a service return: a promise, which can also give the response that it came in.
 *
 * ```js
 * const { data, response } = await al.whoami().withResponse();
 * console.log(data.name, response.status, response.requestId);
 * ```
 */
export interface Answer<T> extends Promise<T> {
  /** Rejects as the promise does, and with `INVALID_ARGUMENT` where nothing crossed a network (an embedded lattice). */
  withResponse(): Promise<{ readonly data: T; readonly response: RawResponse }>;
}

/** @internal */
export function answerOf<T>(whole: Promise<{ data: T; answer: Response | undefined }>): Answer<T> {
  const data = whole.then((settled) => settled.data);
  const withResponse: Answer<T>["withResponse"] = async () => {
    // Whoever asks for both looks at one of two promises; the other must not count as unhandled.
    data.catch(() => {});
    const { data: value, answer } = await whole;
    if (answer === undefined) throw invalidArgument("withResponse: no HTTP response was involved");
    const { status, headers } = answer;
    const requestId = headers.get("x-request-id") ?? undefined;
    return { data: value, response: { status, headers, requestId } };
  };
  return Object.assign(data, { withResponse });
}
