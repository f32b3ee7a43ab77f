// What the thread that waits and the one that works for it say to each other.

import type { MessagePort } from "node:worker_threads";
import type { Submission } from "../boundary.js";
import {
  AgentLatticeAbortedError,
  AgentLatticeConnectionError,
  AgentLatticeCrashedError,
  AgentLatticeDeniedError,
  AgentLatticeError,
  AgentLatticeProtocolError,
  AgentLatticeTimeoutError,
} from "../errors.js";

/** The words of the shared memory: the number of the answer that is there, and a pulse. */
export const answered = 0;
export const pulse = 1;
export const words = 2;
/** How often the worker shows that it lives, and after how long without that it counts as dead. */
export const pulse_ms = 1000;
export const silence_ms_max = 30_000;

/** To the worker, at its start. */
export interface Start {
  readonly memory: SharedArrayBuffer;
  /** Where the answers go. */
  readonly port: MessagePort;
  /** Client options that can be copied to another thread. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** To the worker: one request, and its number. */
export interface Question {
  readonly number: number;
  readonly request: Submission;
}

/** From the worker, before it writes down the number. */
export interface Reply {
  readonly data?: unknown;
  readonly error?: WrittenError | undefined;
}

/** An error of this package as plain data; another one as it is. */
export interface WrittenError {
  readonly name?: string;
  readonly message?: string;
  readonly traits?: { readonly code: string };
  readonly foreign?: unknown;
}

const classes = [
  AgentLatticeError,
  AgentLatticeDeniedError,
  AgentLatticeTimeoutError,
  AgentLatticeConnectionError,
  AgentLatticeProtocolError,
  AgentLatticeAbortedError,
  AgentLatticeCrashedError,
];

export function writeError(error: unknown): WrittenError {
  if (!(error instanceof AgentLatticeError))
    return { foreign: error instanceof Error ? error : new Error(String(error)) };
  const { name, message, cause, ...traits } = error;
  return { name, message, traits };
}

export function readError({ name, message = "", traits, foreign }: WrittenError): unknown {
  if (traits === undefined) return foreign;
  const { code, ...rest } = traits;
  const ErrorClass = classes.find((one) => one.name === name) ?? AgentLatticeError;
  return new ErrorClass(code, message, rest);
}
