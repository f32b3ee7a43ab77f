// Requests that a lattice takes from outside, as standard Requests and Responses.

import { onAbort } from "./abort.js";
import { type AgentLatticeError, abortedError } from "./errors.js";
import { headersOf, linesOf, readBounded } from "./http.js";
import type { Kernel } from "./kernel.js";

/** More than any request that the kernel takes. What is longer is cut here, and refused there. */
const requestBytesMax = 4 * 1024 * 1024;

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

export class Exchanges {
  readonly #waiting = new Map<number, Waiting>();
  #tickets = 0;

  /** `open` gives the kernel, or throws; it is asked when the request was read. */
  async answer(request: Request, open: () => Kernel): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await readBounded(request.body, requestBytesMax);
    const { signal } = request;
    if (signal.aborted) throw abortedError(signal);
    const kernel = open();
    const headers = linesOf(request.headers);
    const ticket = ++this.#tickets;
    let stop = (): void => {};
    const answer = new Promise<Response>((resolve, reject) => {
      this.#waiting.set(ticket, { resolve, reject });
      stop = onAbort(signal, () => {
        reject(abortedError(signal));
        kernel.inform("disconnected", ticket);
      });
      kernel.call("handle", ticket, request.method, pathname + search, headers, body);
    });
    try {
      return await answer;
    } finally {
      this.#waiting.delete(ticket);
      stop();
    }
  }

  /** The kernel's answer. */
  respond(ticket: number, status: number, headerLines: string, body: string): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    try {
      const headers = headersOf(headerLines);
      waiting.resolve(new Response(body === "" ? null : body, { status, headers }));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** Nothing will be answered any more. */
  end(error: AgentLatticeError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
