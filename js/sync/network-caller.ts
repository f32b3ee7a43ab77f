// Synchronous calls over a network: a worker runs the asynchronous client, and this thread sleeps until the answer is there.
// Nothing of this thread's event loop runs meanwhile, and nothing of it is needed, so it does no harm inside asynchronous code.

import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import type { Submission } from "../boundary.js";
import {
  AgentLatticeCrashedError,
  type AgentLatticeError,
  closedError,
  invalidArgument,
} from "../errors.js";
import { type Caller, checkRequest } from "./caller.js";
import { answered, pulse, type Reply, readError, silence_ms_max, words } from "./protocol.js";

/** How long this thread sleeps before it looks whether the worker lives. */
const look_ms = 5000;

interface Line {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly word: Int32Array;
}

export class NetworkCaller implements Caller {
  readonly #options: Readonly<Record<string, unknown>>;
  #line: Line | undefined;
  #number = 0;
  #ended: AgentLatticeError | undefined;

  /** `options`: of a client, as far as they can be copied to another thread. */
  constructor(options: Readonly<Record<string, unknown>>) {
    this.#options = options;
  }

  call<T>(request: Submission): T {
    if (this.#ended !== undefined) throw this.#ended;
    checkRequest(request);
    this.#line ??= this.#open();
    const { worker, port, word } = this.#line;
    const number = this.#number + 1;
    worker.postMessage({ number, request });
    // INVARIANT: one more than was answered. A number that was never sent would let no later call sleep.
    this.#number = number;
    this.#wait(word, number);
    const mail = receiveMessageOnPort(port) as { readonly message: Reply };
    const { data, error } = mail.message;
    if (error !== undefined) throw readError(error);
    return data as T;
  }

  close(): void {
    this.#end(closedError("this AgentLatticeSync"));
  }

  #open(): Line {
    const memory = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
    const { port1, port2 } = new MessageChannel();
    let worker: Worker;
    try {
      worker = new Worker(new URL("./worker.js", import.meta.url), {
        workerData: { memory, port: port2, options: this.#options },
        transferList: [port2],
        // Options of this process, such as --eval, may forbid a worker.
        execArgv: [],
      });
    } catch (cause) {
      throw invalidArgument(`AgentLatticeSync: an option cannot go to another thread`, cause);
    }
    // It ends with the process; what ends it earlier is found out by its silence.
    worker.unref();
    worker.on("error", () => {});
    return { worker, port: port1, word: new Int32Array(memory) };
  }

  /** Sleeps until answer `number` is in the mailbox. */
  #wait(word: Int32Array, number: number): void {
    let beats = Atomics.load(word, pulse);
    let heard_ms = performance.now();
    while (Atomics.load(word, answered) !== number) {
      Atomics.wait(word, answered, number - 1, look_ms);
      const now_ms = performance.now();
      const beatsNow = Atomics.load(word, pulse);
      if (beatsNow !== beats) heard_ms = now_ms;
      else if (now_ms - heard_ms > silence_ms_max) throw this.#end(lost());
      beats = beatsNow;
    }
  }

  #end(error: AgentLatticeError): AgentLatticeError {
    this.#ended ??= error;
    this.#line?.port.close();
    void this.#line?.worker.terminate();
    this.#line = undefined;
    return this.#ended;
  }
}

const lost = (): AgentLatticeError =>
  new AgentLatticeCrashedError("CRASHED", "the worker of this AgentLatticeSync is gone");
