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

/** @internal What an answer came in, once it is there; undefined where nothing crossed a network. */
export interface Received {
  answer: Response | undefined;
}

/** @internal */
export function answerOf<T>(data: Promise<T>, received: Received): Answer<T> {
  const withResponse: Answer<T>["withResponse"] = async () => {
    const value = await data;
    const { answer } = received;
    if (answer === undefined) throw invalidArgument("withResponse: no HTTP response was involved");
    const { status, headers } = answer;
    const requestId = headers.get("x-request-id") ?? undefined;
    return { data: value, response: { status, headers, requestId } };
  };
  const answer = data as Answer<T>;
  answer.withResponse = withResponse;
  return answer;
}
