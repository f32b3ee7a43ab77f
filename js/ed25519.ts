// Ed25519 (RFC 8032) by the platform's WebCrypto: Node.js, Deno, Bun, workerd and browsers have it. Nothing here knows what is
// signed.

import { AgentLatticeError } from "./errors.js";

const algorithm = "Ed25519";
/** PKCS #8 (RFC 8410, section 7) of an Ed25519 private key, as far as its 32 bytes. */
const pkcs8Head = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);
const keyBytes = 32;

const utf8 = new TextEncoder();

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Fails on what is no base64. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** An imported private key, and its public half. */
export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: Uint8Array;
}

/** New private keys: 32 bytes of the platform's randomness (RFC 8032, 5.1.5). */
export const newSeed = (): Uint8Array => crypto.getRandomValues(new Uint8Array(keyBytes));

/** A private key from its 32 bytes. */
export async function importSeed(seed: Uint8Array): Promise<KeyPair> {
  const whole = Uint8Array.of(...pkcs8Head, ...seed);
  const open = (extractable: boolean): Promise<CryptoKey> =>
    offered(() => crypto.subtle.importKey("pkcs8", whole, algorithm, extractable, ["sign"]));
  // WebCrypto gives a public key away only with the private one; what is kept cannot be exported again.
  const { x } = await crypto.subtle.exportKey("jwk", await open(true));
  const publicKey = fromBase64((x as string).replaceAll("-", "+").replaceAll("_", "/"));
  return { privateKey: await open(false), publicKey };
}

export async function sign(privateKey: CryptoKey, message: Uint8Array): Promise<Uint8Array> {
  const copy = Uint8Array.from(message);
  return new Uint8Array(await offered(() => crypto.subtle.sign(algorithm, privateKey, copy)));
}

/** Whether `signature` is that of `text` by `publicKey`; bytes in base64. */
export async function holds(publicKey: string, signature: string, text: string): Promise<boolean> {
  const raw = fromBase64(publicKey);
  const key = await offered(() =>
    crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]),
  );
  return crypto.subtle.verify(algorithm, key, fromBase64(signature), utf8.encode(text));
}

/** What WebCrypto answers, or the reason why nothing can be signed or verified here. */
async function offered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new AgentLatticeError(
      "CRYPTO_UNAVAILABLE",
      "this platform's WebCrypto does not do Ed25519; it needs a secure context, and Node.js 20, Deno, Bun, a current browser or workerd",
      { cause },
    );
  }
}
