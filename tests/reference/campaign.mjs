// Many cases, one seed each, until they are enough or one disagrees.
import { Disagreement, differenceOf, shrink } from "./compare.mjs";
import { anywhere, caseOf } from "./generate.mjs";
import { canonical } from "./wire.mjs";

const batch_cases = 200;

/** A kernel whose clock only goes forward cannot be asked again, so its cases are told as they are. */
async function disagreement(seed, failing, kernel, answers) {
  const smallest = kernel.repeatable ? await shrink(failing, kernel.ask) : failing;
  if (kernel.repeatable) answers = await kernel.ask(smallest);
  const { index, ...said } = differenceOf(smallest, answers);
  return new Disagreement(
    [
      `seed ${seed}`,
      `policies  ${canonical(smallest.policies)}`,
      `action    ${canonical(smallest.actions[index])}`,
      `kernel    ${said.kernel}`,
      `reference ${said.reference}`,
    ].join("\n"),
  );
}

const verdictOf = (answer) => {
  if (answer.startsWith('{"allowed":true')) return "allowed";
  return answer.includes('"needs_approval":true') ? "asked" : "denied";
};

/** `seed` alone is one case; else seeds from 1 on, until `pairs` decisions were compared. Throws a {@link Disagreement}. */
export async function compareAll(kernel, { pairs, seed, place = anywhere, show = () => {} }) {
  const sum = { pairs: 0, refused: 0, counts: { allowed: 0, asked: 0, denied: 0 } };
  const [first, last] = seed === undefined ? [1, Number.POSITIVE_INFINITY] : [seed, seed];
  for (let from = first; from <= last && sum.pairs < pairs; from += batch_cases) {
    const seeds = Array.from(
      { length: Math.min(batch_cases, last - from + 1) },
      (_, at) => from + at,
    );
    const cases = seeds.map((each) => caseOf(each, { place }));
    const answers = await Promise.all(cases.map((each) => kernel.ask(each)));
    for (const [at, each] of cases.entries()) {
      if (differenceOf(each, answers[at]) !== undefined)
        throw await disagreement(seeds[at], each, kernel, answers[at]);
      sum.pairs += each.actions.length;
      sum.refused += answers[at].refused.size;
      for (const answer of answers[at].answers) ++sum.counts[verdictOf(answer)];
    }
    show(`${sum.pairs} decisions`);
  }
  return sum;
}
