// Random JSON, to compare canonical forms: what RFC 8785 makes of it, the package `canonicalize` says. Both take what
// JSON.stringify wrote, where the whole numbers beyond 2^53 that the kernel keeps exactly do not occur.
import canonicalize from "canonicalize";
import { Disagreement } from "./compare.mjs";
import { randomOf } from "./generate.mjs";

const bits = new DataView(new ArrayBuffer(8));

/** Any finite double, by its bits: every exponent is as likely as every other. */
function double(r) {
  for (;;) {
    bits.setUint32(0, r.next());
    bits.setUint32(4, r.next());
    const number = bits.getFloat64(0);
    if (Number.isFinite(number)) return number;
  }
}

/** One that people write: few digits, or the neighbour of such a one. */
function plain(r) {
  const number = (r.below(2_000_000) - 1_000_000) * 10 ** (r.below(40) - 20);
  return r.chance(2) ? number : number * (1 + Number.EPSILON);
}

const characters = [
  (r) => r.below(0x20),
  (r) => 0x20 + r.below(0x60),
  (r) => 0x80 + r.below(0x780),
  (r) => 0x800 + r.below(0xd000),
  (r) => 0xe000 + r.below(0x2000),
  (r) => 0x10000 + r.below(0x100000),
];
const text = (r) =>
  String.fromCodePoint(...Array.from({ length: r.below(6) }, () => r.pick(characters)(r)));

function value(r, depth) {
  const kinds = [
    () => null,
    () => r.chance(2),
    () => double(r),
    () => plain(r),
    () => r.next() - 2 ** 31,
    () => text(r),
    () => Array.from({ length: r.below(4) }, () => value(r, depth + 1)),
    () =>
      Object.fromEntries(Array.from({ length: r.below(5) }, () => [text(r), value(r, depth + 1)])),
  ];
  return kinds[r.below(depth < 4 ? kinds.length : 6)]();
}

/** Pairs of a JSON text and its canonical form. A double is spelled in one of the ways in which it can be. */
export function doublesOf(seed, count) {
  const r = randomOf(seed);
  return Array.from({ length: count }, () => {
    const number = r.chance(3) ? plain(r) : double(r);
    const spelled = r.chance(2) ? number.toExponential() : String(number);
    return [r.chance(2) ? spelled.replace("e", "E") : spelled, String(number)];
  });
}

export function valuesOf(seed, count) {
  const r = randomOf(seed);
  return Array.from({ length: count }, () => {
    const made = value(r, 0);
    return [JSON.stringify(made), canonicalize(made)];
  });
}

/** `canonical` is the kernel. Throws where it differs. */
export async function compareForms(canonical, pairs) {
  const forms = await canonical(pairs.map(([given]) => given));
  for (const [index, [given, expected]] of pairs.entries())
    if (forms[index] !== expected)
      throw new Disagreement(
        `canonical form of ${given}\nkernel    ${forms[index]}\nreference ${expected}`,
      );
}
