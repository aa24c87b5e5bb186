import { openCatalogue } from "./catalogue.ts";
import { type Context, GENES } from "./context.ts";
import type { Figure } from "./figure.ts";

const REQUESTS = 20_000;
const EXPONENT = 1.1;

/** Draws ranks from 0: a rank is asked for as often as 1 / (rank + 1) ** s. */
function zipf(count: number, exponent: number): () => number {
  const upTo: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent;
    upTo.push(sum);
  }
  return () => {
    const drawn = Math.random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** How often popular genes come from the cache, with the default settings. */
export async function benchCache(context: Context): Promise<Figure[]> {
  await using system = await openCatalogue(context, "PGlite");
  const rank = zipf(GENES, EXPONENT);
  const before = system.backend.cache.stats();
  const asked = new Set<number>();
  for (let i = 0; i < REQUESTS; i++) {
    const gene = rank();
    asked.add(gene);
    const response = await system.fetch(`/api/genes/G${gene}`);
    await response.body?.cancel();
    if (response.status !== 200) {
      throw new Error(`The answer for G${gene} is ${response.status}`);
    }
  }
  const after = system.backend.cache.stats();
  const rate = 100 * (after.hits - before.hits) / REQUESTS;
  return [{
    section: "cache",
    figure: `hits of ${REQUESTS} lookups, Zipf ${EXPONENT} over ${GENES} genes`,
    value: rate,
    unit: "%",
    baseline: {
      what: "each gene fetched once",
      value: 100 * (1 - asked.size / REQUESTS),
    },
    goal: { text: "> 70 %", met: rate > 70 },
  }];
}
