// Events for a loop. What arrives while the loop is at work waits here; when too much waits, the channel is paused, which
// loses nothing: it goes on from where it was.

import type { Live } from "./realtime.js";
import type { GovernanceEvent } from "./types.js";
import { fromWire } from "./wire-names.js";

/** Events that wait before the channel is paused, and before it is resumed. */
const waiting_max = 1024;
const waiting_resume = 256;

/** What `events()` returns. `break` ends the subscription, and so does an error in the loop. */
export class EventStream implements AsyncIterableIterator<GovernanceEvent>, AsyncDisposable {
  readonly #listen: (push: (json: string) => void) => Live;
  #live: Live | undefined;
  #waiting: string[] = [];
  #read = 0;
  #paused = false;
  #done = false;
  #changed: Promise<void> | undefined;
  #wake: () => void = () => {};

  /** @internal Use `events()`. */
  constructor(listen: (push: (json: string) => void) => Live) {
    this.#listen = listen;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event. Rejects, once, with what ended the subscription; events that came before that are given first. */
  async next(): Promise<IteratorResult<GovernanceEvent, undefined>> {
    if (this.#live === undefined && !this.#done) this.#begin();
    while (this.#read === this.#waiting.length) {
      if (this.#done) return { done: true, value: undefined };
      if (this.#live?.ended) {
        this.#done = true;
        await this.#live.handle.closed;
        return { done: true, value: undefined };
      }
      this.#changed ??= new Promise<void>((resolve) => {
        this.#wake = () => {
          this.#changed = undefined;
          resolve();
        };
      });
      await this.#changed;
    }
    const json = this.#waiting[this.#read++] as string;
    this.#shorten();
    return { done: false, value: fromWire(JSON.parse(json)) as GovernanceEvent };
  }

  async return(): Promise<IteratorResult<GovernanceEvent, undefined>> {
    this.#done = true;
    this.#waiting = [];
    this.#read = 0;
    this.#live?.end();
    this.#wake();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #begin(): void {
    const live = this.#listen((json) => {
      this.#waiting.push(json);
      this.#wake();
      if (!this.#paused && this.#waiting.length - this.#read >= waiting_max) {
        this.#paused = true;
        this.#live?.pause();
      }
    });
    this.#live = live;
    live.handle.closed.catch(() => {}).finally(() => this.#wake());
  }

  /** Drops what was read, now and then, and lets the channel go on when little is left. */
  #shorten(): void {
    if (this.#read >= waiting_resume) {
      this.#waiting.splice(0, this.#read);
      this.#read = 0;
    }
    if (this.#paused && this.#waiting.length - this.#read <= waiting_resume) {
      this.#paused = false;
      this.#live?.resume();
    }
  }
}
