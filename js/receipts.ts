// Receipts: what an agent can show afterwards, to whoever knows the lattice's public key, with no lattice at hand.

import { embeddedPayload } from "./embedded-payload.js";
import { invalidArgument } from "./errors.js";
import { Kernel } from "./kernel.js";
import type { WasmSource } from "./loaders/platform.js";
import { ask, type Check, signers } from "./trust.js";
import type { Receipt, ReceiptVerdict } from "./types.js";
import { toWire } from "./wire-names.js";

/** Options of `verifyReceipt`. */
export interface VerifyReceiptOptions {
  /** The kernel's module (`agentlattice.wasm`), for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

/**
 * Verifies a receipt offline, with the public keys alone. What is wrong with it is a verdict; it fails with `INVALID_ARGUMENT`
 * only for keys that are none, and with `CRYPTO_UNAVAILABLE` where the platform's WebCrypto has no Ed25519.
 */
export async function verifyReceipt(
  receipt: Receipt,
  verifierKeys: string | readonly string[],
  { wasm }: VerifyReceiptOptions = {},
): Promise<ReceiptVerdict> {
  if (typeof receipt !== "object" || receipt === null)
    throw invalidArgument("verifyReceipt: the receipt must be an object, as `al.receipt` gives it");
  const { row, openings, proof } = receipt;
  const request = toWire({
    receipt: { row, openings, proof },
    verifierKeys: [verifierKeys].flat(),
  });
  const kernel = wasm === undefined ? undefined : await Kernel.start(embeddedPayload, { wasm });
  const { check, ...verdict } = await ask<ReceiptVerdict & { check?: Unsettled }>(
    "judgeReceipt",
    request,
    kernel,
  ).finally(() => kernel?.close("the kernel"));
  if (check === undefined) return verdict;
  const signedBy = await signers(check);
  return signedBy === undefined ? check.otherwise : { ...verdict, signedBy };
}

/** A good verdict's condition, and the verdict where it is not met. */
interface Unsettled extends Check {
  readonly otherwise: ReceiptVerdict;
}
