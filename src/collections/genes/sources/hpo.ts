import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadHpo } from "./hpo_task.ts";

/** Human phenotypes by gene: HPO. */
export const hpo = defineSource({
  name: "hpo",
  description: "Human phenotypes by gene (HPO), genes_to_phenotype.txt, " +
    "with or without its header line. A row is a line: one gene, phenotype " +
    "and disease. The last line of these three counts, earlier ones are " +
    "duplicates. With a header, columns are found by name; without one they " +
    "are in the order below.",
  input: z.object({}),
  accepts: [
    "text/tab-separated-values",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "ncbi_gene_id", type: "text" },
    { name: "gene_symbol", type: "text" },
    { name: "hpo_id", type: "text" },
    { name: "hpo_name", type: "text" },
    { name: "frequency", type: "text" },
    { name: "disease_id", type: "text" },
  ],
  load: (input, context) => context.run(loadHpo, input),
});
