import { normal, Purpose, randomFor } from "./random.ts";

/**
 * One invented gene. No name or number of it can be mistaken for a real one:
 * symbols start with `SAMPLE`, and all numbers are far above those given out.
 */
export interface SampleGene {
  index: number;
  symbol: string;
  hgncId: string;
  entrezId: string;
  ensemblId: string;
  alias: string | undefined;
  previous: string | undefined;
  mouseSymbol: string;
  mgiId: string;
  /** 0–1: how well known as a kidney gene; drives all evidence. */
  renown: number;
  /** Natural logarithm of its kidney expression in TPM. */
  logTpm: number;
}

/** The gene of an index, the same one in every file. */
export function sampleGene(seed: number, index: number): SampleGene {
  const random = randomFor(seed, Purpose.gene, index);
  const number = index + 1;
  // Few genes are well known, most hardly: the cube pushes towards 0.
  const renown = random() ** 3;
  return {
    index,
    symbol: `SAMPLE${number}`,
    hgncId: `HGNC:${9_000_000 + number}`,
    entrezId: String(900_000_000 + number),
    ensemblId: `ENSG${90_000_000_000 + number}`,
    alias: random() < 0.3 ? `SAMPLEALIAS${number}` : undefined,
    previous: random() < 0.15 ? `SAMPLEPREV${number}` : undefined,
    mouseSymbol: `Sample${number}`,
    mgiId: `MGI:${90_000_000 + number}`,
    renown,
    logTpm: 1 + 1.5 * renown + 1.8 * normal(random),
  };
}

/** A name that no gene of the sample has: nothing resolves it. */
export function unknownSymbol(index: number): string {
  return `SAMPLEUNKNOWN${index + 1}`;
}

/** Rounds to the decimals that expression files carry; never an exponent. */
export function decimal(value: number, digits: 4 | 6): string {
  const scale = digits === 4 ? 1e4 : 1e6;
  return String(Math.round(value * scale) / scale);
}
