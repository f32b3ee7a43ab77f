// Receipts: what an agent can show afterwards, to whoever knows the lattice's public key, with no lattice at hand.

import { clientPayload } from "./client-payload.js";
import { invalidArgument } from "./errors.js";
import { Kernel } from "./kernel.js";
import type { WasmSource } from "./loaders/platform.js";
import { settle, type Unsettled } from "./signatures.js";
import { toJson } from "./text.js";
import type { Receipt, ReceiptVerdict } from "./types.js";
import { fromWire, toWire } from "./wire-names.js";

/** Options of `verifyReceipt`. */
export interface VerifyReceiptOptions {
  /** The kernel's module (`client.wasm`), for runtimes where the package cannot find it by itself. */
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
  const kernel = await (wasm === undefined ? shared() : Kernel.start(clientPayload, { wasm }));
  const verdict = kernel.call("checkReceipt", toJson(request, "the receipt"));
  return settle(fromWire(verdict) as ReceiptVerdict & Unsettled);
}

let instance: Promise<Kernel> | undefined;

/** One instance for all receipts, made when the first comes, and anew where that failed or crashed. */
async function shared(): Promise<Kernel> {
  instance ??= Kernel.start(clientPayload);
  try {
    const kernel = await instance;
    if (kernel.ended === undefined) return kernel;
  } catch (error) {
    instance = undefined;
    throw error;
  }
  instance = undefined;
  return shared();
}
