/** A source of numbers in [0, 1). */
export type Random = () => number;

/**
 * Numbers that depend on nothing but the seed, what they are for and which
 * entity they are about: every file can be written alone, gene by gene, in
 * memory that does not grow, and still agrees with the other files.
 *
 * Only integer arithmetic (mulberry32), so that every machine gets the same.
 */
export function randomFor(
  seed: number,
  purpose: number,
  index: number,
): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^
    Math.imul(purpose + 1, 0xc2b2ae35) ^ Math.imul(index + 1, 0x27d4eb2f);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  next();
  return next;
}

/** About normal (mean 0, deviation 1): the sum of four uniform numbers. */
export function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

/** A whole number from `0` to `limit - 1`. */
export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** What a number is drawn for. */
export const Purpose = {
  gene: 1,
  descartes: 2,
  gtex: 3,
  hgnc: 4,
  mouse: 5,
  hpo: 6,
  /** Panels take 100, 101, …; publications 200, 201, … */
  panel: 100,
  publication: 200,
} as const;
