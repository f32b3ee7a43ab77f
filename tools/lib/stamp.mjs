// Cheap "is it up to date?": a stamp file holds the hash of what a step was made from.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { at } from "./house.mjs";

/** A hash of the files' names and contents; a missing file counts as empty. */
export function hashOf(files, ...more) {
  const hash = createHash("sha256").update(JSON.stringify(more));
  for (const file of files) {
    hash.update(`\0${file}\0`);
    if (existsSync(at(file))) hash.update(readFileSync(at(file)));
  }
  return hash.digest("hex");
}

/** Runs `work` unless the stamp `file` says that it already ran for this hash. The stamp is written last. */
export async function unlessStamped(file, hash, work) {
  if (existsSync(at(file)) && readFileSync(at(file), "utf8") === hash) return;
  rmSync(at(file), { force: true });
  await work();
  mkdirSync(dirname(at(file)), { recursive: true });
  writeFileSync(at(file), hash);
}
