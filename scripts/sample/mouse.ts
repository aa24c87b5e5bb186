import { sampleGene } from "./genes.ts";
import type { SampleOptions } from "./options.ts";
import { below, Purpose, randomFor } from "./random.ts";

const TERMS = 60;
const BACKGROUNDS = [
  "sample: 129/Sv",
  "sample: C57BL/6J",
  "sample: 129S6/SvEvTac * C57BL/6",
];

function term(number: number): string {
  return `MP:99${String(number + 1).padStart(5, "0")}`;
}

/** The terms of kidney phenotypes, as a JSON array: every third one. */
export function* termLines(): Generator<string> {
  const terms = Array.from({ length: TERMS }, (_, index) => index)
    .filter((index) => index % 3 === 0).map(term);
  yield JSON.stringify(terms, null, 2) + "\n";
}

/** `HMD_HumanPhenotype.rpt` in its current form: six columns, the last blank. */
export function* orthologLines(
  { genes, seed }: SampleOptions,
): Generator<string> {
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.mouse, index);
    // About one human gene in eight has no known mouse ortholog.
    if (random() < 0.12) continue;
    const terms = Array.from(
      { length: below(random, 4) },
      () => term(below(random, TERMS)),
    );
    yield `${gene.symbol}\t${gene.entrezId}\t${gene.mouseSymbol}\t${gene.mgiId}\t${
      terms.join(", ")
    }\t\n`;
  }
}

/**
 * `MGI_PhenoGenoMP.rpt`: genotypes with their phenotypes. Homozygous,
 * heterozygous and conditional ones, and a few that involve two genes.
 */
export function* phenotypeLines(
  { genes, seed }: SampleOptions,
): Generator<string> {
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.mouse, index);
    if (random() < 0.12 || random() < 0.4) continue;
    const allele = `${gene.mouseSymbol}<tm1Smp>`;
    const rows = 1 + below(random, 2 + Math.round(4 * gene.renown));
    for (let row = 0; row < rows; row++) {
      const kind = random();
      const background = BACKGROUNDS[below(random, BACKGROUNDS.length)]!;
      const phenotype = `${background}\t${term(below(random, TERMS))}\t99${
        String(1 + below(random, 999_999)).padStart(6, "0")
      }`;
      if (kind < 0.55) {
        yield `${allele}/${allele}\t${allele}\t${phenotype}\t${gene.mgiId}\n`;
      } else if (kind < 0.85) {
        yield `${allele}/${gene.mouseSymbol}<+>\t${allele}\t${phenotype}\t${gene.mgiId}\n`;
      } else if (kind < 0.95) {
        yield `${allele}/${allele},Tg(Sample-cre)1Smp/0\t${allele}\t${phenotype}\t${gene.mgiId}\n`;
      } else {
        const other = sampleGene(seed, (index + 1) % genes);
        const second = `${other.mouseSymbol}<tm1Smp>`;
        yield `${allele}/${allele},${second}/${second}\t${allele}|${second}\t${phenotype}\t${gene.mgiId}|${other.mgiId}\n`;
      }
    }
  }
}
