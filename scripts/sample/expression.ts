import { decimal, sampleGene, unknownSymbol } from "./genes.ts";
import { normal, Purpose, randomFor } from "./random.ts";
import { tissues } from "./tissues.ts";
import type { SampleOptions } from "./options.ts";

/** The symbol that an expression file uses: now and then an old name. */
function nameInFile(
  gene: ReturnType<typeof sampleGene>,
  chance: number,
): string {
  if (chance < 0.01 && gene.alias !== undefined) return gene.alias;
  if (chance < 0.02 && gene.previous !== undefined) return gene.previous;
  return gene.symbol;
}

/**
 * A Descartes file: headerless `symbol,float`. One gene in a hundred is there
 * twice (the atlas has such), one line in five hundred names no known gene.
 */
export function* descartesLines(
  { genes, seed }: SampleOptions,
  part: "tpm" | "percentage",
): Generator<string> {
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.descartes, index);
    const name = nameInFile(gene, random());
    const twice = random() < 0.01;
    const unknown = random() < 0.002;
    for (let copy = 0; copy < (twice ? 2 : 1); copy++) {
      const tpm = Math.exp(gene.logTpm + 0.3 * normal(random));
      yield part === "tpm"
        ? `${name},${decimal(tpm, 6)}\n`
        // The more of it a tissue makes, the more of its cells do.
        : `${name},${decimal(tpm / (tpm + 60), 6)}\n`;
    }
    if (unknown) yield `${unknownSymbol(index)},${decimal(random(), 6)}\n`;
  }
}

/** A GTEx file of medians: GCT 1.2, one line a gene, one column a tissue. */
export function* gtexLines(
  { genes, seed }: SampleOptions,
): Generator<string> {
  yield `#1.2\n${genes}\t${tissues.length}\n`;
  yield `Name\tDescription\t${tissues.join("\t")}\n`;
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.gtex, index);
    let line = `${gene.ensemblId}.${1 + (index % 9)}\t${
      nameInFile(gene, random())
    }`;
    for (const tissue of tissues) {
      const level = tissue.startsWith("Kidney")
        ? gene.logTpm
        : 0.6 * gene.logTpm;
      // A gene is silent in about one tissue of six.
      line += random() < 0.15
        ? "\t0"
        : `\t${decimal(Math.exp(level + normal(random)), 4)}`;
    }
    yield line + "\n";
  }
}
