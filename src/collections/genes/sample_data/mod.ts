import type { SampleLoad } from "../../../collection.ts";

function load(
  source: string,
  file: string,
  fields: Record<string, unknown> = {},
): SampleLoad {
  return { source, fields, file: new URL(`./${file}`, import.meta.url) };
}

/** The bundled sample: names first, so that annotations find their genes. */
export const sampleLoads: readonly SampleLoad[] = [
  load("hgnc", "hgnc_complete_set.json"),
  ...["a", "b", "c", "d"].map((provider) =>
    load(
      "diagnostic_panels",
      `diagnostic_panels/sample_provider_${provider}.json`,
    )
  ),
  ...[1, 2, 3, 4, 5].map((number) =>
    load("literature", `literature/literature_pmid_9900000${number}.json`)
  ),
  load("descartes", "kidney_tpm.csv", { part: "tpm" }),
  load("descartes", "kidney_percentage.csv", { part: "percentage" }),
  load("gtex", "gtex_median_tpm.gct.gz"),
  load("mgi", "HMD_HumanPhenotype.rpt", { part: "orthologs" }),
  load("mgi", "mp_terms.json", { part: "terms" }),
  load("mgi", "MGI_PhenoGenoMP.rpt", { part: "phenotypes" }),
  load("hpo", "genes_to_phenotype.txt"),
];
