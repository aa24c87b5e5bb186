import type { SampleLoad } from "../../collection.ts";

function load(
  path: string,
  source: string,
  fields: Record<string, unknown> = {},
): SampleLoad {
  return {
    source,
    fields,
    file: new URL(`./sample_data/${path}`, import.meta.url),
  };
}

/** The bundled sample, names first: symbols resolve through them. */
export const sampleFiles: readonly SampleLoad[] = [
  load("hgnc_complete_set.json", "hgnc"),
  load("HMD_HumanPhenotype.rpt", "mgi", { part: "orthologs" }),
  load("mp_terms.json", "mgi", { part: "terms" }),
  load("MGI_PhenoGenoMP.rpt", "mgi", { part: "phenotypes" }),
  load("kidney_tpm.csv", "descartes", { part: "tpm" }),
  load("kidney_percentage.csv", "descartes", { part: "percentage" }),
  load("gtex_median_tpm.gct.gz", "gtex"),
  load("genes_to_phenotype.txt", "hpo"),
  ...["a", "b", "c", "d"].map((provider) =>
    load(
      `diagnostic_panels/sample_provider_${provider}.json`,
      "diagnostic_panels",
    )
  ),
  ...[1, 2, 3, 4, 5].map((number) =>
    load(`literature/literature_pmid_9900000${number}.json`, "literature")
  ),
];
