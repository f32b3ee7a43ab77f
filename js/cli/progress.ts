// How far a long run is, on one line of the terminal that goes away when it is over; nothing where nobody watches.

import { columns, cut } from "../terminal.js";

const tell_ms = 100;

export class Progress {
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #watched = process.stderr.isTTY === true;
  #done = 0;
  #told = 0;

  constructor(what: string, total: number | undefined) {
    this.#what = what;
    this.#total = total;
  }

  add(count: number): void {
    this.#done += count;
    const now = performance.now();
    if (!this.#watched || now - this.#told < tell_ms) return;
    this.#told = now;
    const { format } = new Intl.NumberFormat("en");
    const of = this.#total === undefined ? "" : ` of ${format(this.#total)}`;
    process.stderr.write(
      `\r\x1b[K${cut(`${this.#what} … ${format(this.#done)}${of} rows`, columns())}`,
    );
  }

  end(): void {
    if (this.#watched && this.#told > 0) process.stderr.write("\r\x1b[K");
  }
}
