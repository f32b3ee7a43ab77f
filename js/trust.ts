// Whose signatures on checkpoints are trusted. The kernel says which signatures must hold, and what is to be said otherwise;
// WebCrypto computes. This is apart from the clients, which take it as an option, because what judges is in the embedded module.

import { holds } from "./ed25519.js";
import { embeddedPayload } from "./embedded-payload.js";
import { Kernel } from "./kernel.js";
import { toJson } from "./text.js";
import type { Verification } from "./types.js";
import { fromWire, toWire } from "./wire-names.js";

/** What must hold, as the kernel says it; façade names. */
export interface Check {
  readonly text: string;
  readonly signatures: readonly {
    readonly key: string;
    readonly publicKey: string;
    readonly signature: string;
  }[];
}

/** The names of the keys that signed, or undefined where a signature does not hold. */
export async function signers({ text, signatures }: Check): Promise<string[] | undefined> {
  const sound = await Promise.all(
    signatures.map(({ publicKey, signature }) => holds(publicKey, signature, text)),
  );
  // INVARIANT: the kernel names at least one; nothing that was checked is nothing that holds.
  if (sound.length === 0 || sound.includes(false)) return undefined;
  return signatures.map(({ key }) => key);
}

/** Judges who signed the checkpoint that a verification rests on; `trustKeys` makes one. */
export interface Trust {
  /**
   * The verdict with `signedBy`, or, where the checkpoint is not authentic and the rows are sound, the verdict `bad_signature`.
   * What it throws, `verify` rejects with.
   */
  judge(verdict: Verification): Promise<Verification>;
}

/**
 * Trusts checkpoints that any of these keys signed, each given as `name+hash+base64` (c2sp.org/signed-note). Judging fails with
 * `INVALID_ARGUMENT` where a key is none, with `CRYPTO_UNAVAILABLE` where the platform's WebCrypto has no Ed25519.
 *
 * ```js
 * const al = new AgentLattice({ apiKey, baseUrl, trust: trustKeys(verifierKey) });
 * ```
 */
export function trustKeys(...verifierKeys: readonly string[]): Trust {
  return {
    async judge(verdict) {
      const { checkpoint, pinned } = verdict;
      const { check, otherwise } = await ask<{ check?: Check; otherwise: Partial<Verification> }>(
        "judgeCheckpoint",
        toWire({ checkpoint, pinned, verifierKeys }),
      );
      const signedBy = check && (await signers(check));
      if (signedBy !== undefined) return { ...verdict, signedBy };
      // Damage that the rows themselves show says more.
      return verdict.chainValid ? { ...verdict, ...otherwise } : verdict;
    },
  };
}

let instance: Promise<Kernel> | undefined;

/** One instance for all that have none of their own: the embedded module judges, and is loaded when it is first needed. */
async function judge(): Promise<Kernel> {
  instance ??= Kernel.start(embeddedPayload);
  const started = instance;
  const kernel = await started.catch(() => undefined);
  if (kernel !== undefined && kernel.ended === undefined) return kernel;
  // It never started, or crashed: the next that asks makes it anew.
  if (instance === started) instance = undefined;
  return started;
}

/** Has a kernel of the embedded module judge something. */
export async function ask<T>(
  entry: "judgeCheckpoint" | "judgeReceipt",
  request: Record<string, unknown>,
  kernel?: Kernel,
): Promise<T> {
  const text = toJson(request, "the request");
  return fromWire((kernel ?? (await judge())).call(entry, text)) as T;
}
