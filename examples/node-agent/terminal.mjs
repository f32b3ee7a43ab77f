// What is shown, and how, is the package's; a failure of this program is its own.
export * from "@agentlattice/wasm/terminal";

/** A failure that is told in one sentence: what, where, what to do. `lines` go below it. */
export class Stop extends Error {
  constructor(sentence, lines = []) {
    super(sentence);
    this.lines = lines;
  }
}
