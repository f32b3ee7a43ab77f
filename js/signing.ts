// Who signs checkpoints. The private key is the host's: it never enters the kernel, and no agent can ask for its use.

import { fromBase64, importSeed, newSeed, sign, toBase64 } from "./ed25519.js";
import { embeddedPayload } from "./embedded-payload.js";
import { invalidArgument } from "./errors.js";
import { Kernel } from "./kernel.js";
import type { WasmSource } from "./loaders/platform.js";
import { readText } from "./options.js";

/**
 * Signs a lattice's checkpoints with Ed25519. `importSigningKey` makes one; so can whoever keeps keys elsewhere (a KMS, a
 * hardware token).
 */
export interface Signer {
  /** `name+hash+base64` (c2sp.org/signed-note): what others verify with. */
  readonly verifierKey: string;
  /** The 64 bytes of the Ed25519 signature (RFC 8032) of exactly these bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Both halves of a key, as text. */
export interface SigningKey {
  /** `PRIVATE+KEY+name+hash+base64`, the form of Go's sumdb/note. Whoever has it can sign in the lattice's name. */
  readonly privateKey: string;
  /** `name+hash+base64`. Hand it to everybody. */
  readonly verifierKey: string;
}

/** Options of the functions that make and read signing keys. */
export interface SigningKeyOptions {
  /** The kernel's module (`agentlattice.wasm`), for runtimes where the package cannot find it by itself. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
}

const privateHead = "PRIVATE+KEY+";
/** c2sp.org/signed-note, "Signature types". */
const ed25519 = 1;

/**
 * A new key pair. `name` says whose checkpoints it signs, for instance `lattice.example.com/acme`: no spaces, no plus signs.
 * Fails with `CRYPTO_UNAVAILABLE` where the platform's WebCrypto has no Ed25519.
 */
export async function generateSigningKey(
  name: string,
  options: SigningKeyOptions = {},
): Promise<SigningKey> {
  readText("generateSigningKey", "the name", name);
  const seed = newSeed();
  const { publicKey } = await importSeed(seed);
  const verifierKey = await verifierKeyOf(name, publicKey, options);
  const hash = verifierKey.slice(name.length + 1).split("+", 1)[0];
  const secret = toBase64(Uint8Array.of(ed25519, ...seed));
  return { privateKey: `${privateHead}${name}+${hash}+${secret}`, verifierKey };
}

/** A signer from the text of a private key. Fails with `INVALID_ARGUMENT`, which never repeats the key. */
export async function importSigningKey(
  privateKey: string,
  options: SigningKeyOptions = {},
): Promise<Signer> {
  const refuse = (why: string): never => {
    throw invalidArgument(`importSigningKey: ${why}; the form is PRIVATE+KEY+name+hash+base64`);
  };
  if (typeof privateKey !== "string" || !privateKey.startsWith(privateHead))
    return refuse("this is no private key");
  const [name = "", hash, ...rest] = privateKey.slice(privateHead.length).trim().split("+");
  const bytes = decode(rest.join("+"));
  if (bytes?.length !== 33 || bytes[0] !== ed25519) return refuse("the key is not one of Ed25519");
  const keys = await importSeed(bytes.subarray(1));
  const verifierKey = await verifierKeyOf(name, keys.publicKey, options);
  if (!verifierKey.startsWith(`${name}+${hash}+`))
    return refuse("the hash is not that of name and key, so one of the three was changed");
  return { verifierKey, sign: (message) => sign(keys.privateKey, message) };
}

function decode(text: string): Uint8Array | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}

/** The kernel knows how keys are named and hashed. */
async function verifierKeyOf(
  name: string,
  publicKey: Uint8Array,
  { wasm }: SigningKeyOptions,
): Promise<string> {
  const kernel = await Kernel.start(embeddedPayload, { wasm });
  try {
    const made = kernel.call<{ verifier_key: string }>("verifierKey", name, toBase64(publicKey));
    return made.verifier_key;
  } finally {
    kernel.close("the kernel");
  }
}

const utf8 = new TextEncoder();

/** What a lattice's kernel asks of its host: signatures of notes. */
export class Notary {
  readonly #signer: Signer | undefined;

  constructor(signer: Signer | undefined) {
    this.#signer = signer;
    if (signer === undefined) return;
    if (typeof signer.verifierKey !== "string" || typeof signer.sign !== "function")
      throw invalidArgument(
        'Lattice.open: "signer" must have a "verifierKey" and a function "sign"; importSigningKey makes one',
      );
  }

  get verifierKey(): string | undefined {
    return this.#signer?.verifierKey;
  }

  /** Answers the kernel with the signature of a checkpoint's text, or with why there is none. */
  sign(kernel: Kernel, rows: number, text: string): void {
    const signed = (signature: unknown): void => {
      if (!(signature instanceof Uint8Array)) throw new Error("the signer gave no Uint8Array");
      kernel.inform("signed", rows, toBase64(signature));
    };
    const failed = (error: unknown): void =>
      kernel.inform("signFailed", rows, error instanceof Error ? error.message : String(error));
    try {
      const signature = this.#signer?.sign(utf8.encode(text));
      if (signature instanceof Uint8Array) signed(signature);
      else Promise.resolve(signature).then(signed).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
