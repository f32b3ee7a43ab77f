// Signatures that a verdict of the kernel rests on. The kernel says which must hold, and what holds otherwise; WebCrypto computes.

import { holds } from "./ed25519.js";

/** What the kernel adds to a verdict that rests on signatures; façade names. */
interface Check {
  readonly text: string;
  readonly signatures: readonly {
    readonly key: string;
    readonly publicKey: string;
    readonly signature: string;
  }[];
  /** The verdict where one of them does not hold. */
  readonly otherwise: object;
}

/** A verdict that may rest on signatures. */
export interface Unsettled {
  readonly check?: Check | undefined;
}

/** The verdict, once its signatures are computed; `signedBy` names the keys. */
export async function settle<T extends object>(verdict: T & Unsettled): Promise<T> {
  const { check, ...rest } = verdict;
  if (check === undefined) return verdict;
  const sound = await Promise.all(
    check.signatures.map(({ publicKey, signature }) => holds(publicKey, signature, check.text)),
  );
  // INVARIANT: the kernel names at least one; nothing that was checked is nothing that holds.
  if (sound.length === 0 || sound.includes(false)) return check.otherwise as T;
  return { ...rest, signedBy: check.signatures.map(({ key }) => key) } as unknown as T;
}
