// The thread that works while another one waits: an asynchronous client, and its answers in a mailbox.

import { parentPort, workerData } from "node:worker_threads";
import { Client } from "../client.js";
import {
  answered,
  pulse,
  pulse_ms,
  type Question,
  type Reply,
  type Start,
  writeError,
} from "./protocol.js";

const { memory, port, options } = workerData as Start;
const word = new Int32Array(memory);
const client = new Client("AgentLatticeSync", options);

setInterval(() => Atomics.add(word, pulse, 1), pulse_ms).unref();

parentPort?.on("message", async ({ number, request }: Question) => {
  let reply: Reply;
  try {
    reply = { data: await client.call(() => request) };
  } catch (error) {
    reply = { error: writeError(error) };
  }
  port.postMessage(reply);
  Atomics.store(word, answered, number);
  Atomics.notify(word, answered);
});
