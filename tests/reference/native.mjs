// The natively built kernel as somebody to ask: tests/differential, lines in, lines out.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { canonical } from "./wire.mjs";

export function startKernel(program) {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  child.stdin.on("error", () => {});
  child.on("error", (error) => end(error));
  child.on("close", (code, signal) => end(new Error(`the kernel ended: ${signal ?? code}`)));
  createInterface({ input: child.stdout }).on("line", (line) =>
    waiting.shift()?.resolve(read(line)),
  );
  const end = (error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  return {
    repeatable: true,
    ask: (question) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${canonical(question)}\n`);
      }),
    /** The canonical forms of JSON texts. */
    canonical: (texts) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`{"values":[${texts.join(",")}]}\n`);
      }),
    close: () => child.stdin.end(),
  };
}

function read(line) {
  const { faults, decisions, canonical: forms } = JSON.parse(line);
  if (forms !== undefined) return forms;
  const refused = new Map();
  for (const [index, ...fault] of faults)
    refused.set(index, [...(refused.get(index) ?? []), fault]);
  return { refused, answers: decisions };
}
