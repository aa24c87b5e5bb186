import { sampleGene } from "./genes.ts";
import type { SampleOptions } from "./options.ts";
import { below, Purpose, randomFor } from "./random.ts";

const TERMS = 80;
const FREQUENCIES = ["-", "1/3", "7/12", "HP:0040281", "HP:0040283", "40%"];

/** `genes_to_phenotype.txt` with its header line, as current releases have it. */
export function* hpoLines({ genes, seed }: SampleOptions): Generator<string> {
  yield "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n";
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.hpo, index);
    if (random() > 0.25 + gene.renown) continue;
    const disease = `OMIM:99${String(index + 1).padStart(4, "0")}`;
    const rows = 1 + below(random, 6);
    const first = below(random, TERMS);
    for (let row = 0; row < rows; row++) {
      const number = 1 + (first + 7 * row) % TERMS;
      yield `${gene.entrezId}\t${gene.symbol}\tHP:99${
        String(number).padStart(5, "0")
      }\tSample phenotype ${number}\t${FREQUENCIES[
        below(random, FREQUENCIES.length)
      ]!}\t${disease}\n`;
    }
  }
}
