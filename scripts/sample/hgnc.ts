import { sampleGene } from "./genes.ts";
import { indented } from "./indented.ts";
import type { SampleOptions } from "./options.ts";
import { below, Purpose, randomFor } from "./random.ts";

/** A complete set as HGNC publishes it: `{"response": {"docs": […]}}`. */
export function* hgncLines(
  { genes, seed }: SampleOptions,
): Generator<string> {
  yield `{
  "sample": true,
  "response": {
    "numFound": ${genes},
    "docs": [
`;
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, Purpose.hgnc, index);
    const coding = random() < 0.9;
    yield indented({
      hgnc_id: gene.hgncId,
      symbol: gene.symbol,
      name: `sample gene ${index + 1}`,
      status: "Approved",
      locus_group: coding ? "protein-coding gene" : "non-coding RNA",
      locus_type: coding ? "gene with protein product" : "RNA, long non-coding",
      location: `${1 + below(random, 22)}${random() < 0.4 ? "p" : "q"}${
        11 + below(random, 20)
      }`,
      ...(gene.alias === undefined ? {} : { alias_symbol: [gene.alias] }),
      ...(gene.previous === undefined ? {} : { prev_symbol: [gene.previous] }),
      entrez_id: gene.entrezId,
      ensembl_gene_id: gene.ensemblId,
      mgd_id: [gene.mgiId],
    }, 6) + (index + 1 < genes ? ",\n" : "\n");
  }
  yield "    ]\n  }\n}\n";
}
