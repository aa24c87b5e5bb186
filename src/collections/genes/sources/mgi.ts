import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadMgi } from "./mgi_task.ts";

/** A list as JSON has it, or by comma as a query parameter has it. */
const TERMS = z.preprocess(
  (value) =>
    typeof value === "string"
      ? value.split(",").map((term) => term.trim()).filter((term) =>
        term !== ""
      )
      : value,
  z.array(z.string().regex(/^MP:\d+$/, "is no MP id like MP:0005367"))
    .min(1).max(100_000),
);

/** Mouse orthologs and their phenotypes: MGI. */
export const mgi = defineSource({
  name: "mgi",
  description: "Mouse orthologs and phenotypes (MGI). " +
    "part=orthologs: HMD_HumanPhenotype.rpt, a row is a line, one human gene " +
    "and its mouse ortholog; both its current form (6 columns) and the older " +
    "ones with a HomoloGene id are read. " +
    "part=phenotypes: MGI_PhenoGenoMP.rpt, a row is a line, one genotype and " +
    "phenotype; genotypes of more than one gene are rejected as `polygenic " +
    "genotype`, and those whose gene is no known ortholog are unresolved. A " +
    "genotype is conditional (cn) if it carries a Cre recombinase, else " +
    "heterozygous (ht) with exactly one wild-type allele `<+>`, homozygous " +
    "(hm) with none, other (ot) with more. " +
    "part=terms: a JSON array of the MP ids that count as kidney phenotypes, " +
    "a row is an id.",
  input: z.object({
    part: z.enum(["orthologs", "phenotypes", "terms"]).meta({
      description: "Which of the files it is",
    }),
    mp_ids: TERMS.optional().meta({
      description:
        "With part=phenotypes: the MP ids that count as kidney phenotypes, " +
        "replacing those loaded with part=terms",
    }),
  }).refine(
    (input) => input.mp_ids === undefined || input.part === "phenotypes",
    { path: ["mp_ids"], message: "goes with part=phenotypes only" },
  ),
  accepts: [
    "text/tab-separated-values",
    "application/json",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "human symbol", type: "text", description: "orthologs" },
    { name: "Entrez id", type: "text", description: "orthologs" },
    { name: "mouse symbol", type: "text", description: "orthologs" },
    { name: "MGI id", type: "text", description: "orthologs, phenotypes" },
    { name: "allelic composition", type: "text", description: "phenotypes" },
    { name: "background", type: "text", description: "phenotypes" },
    { name: "MP id", type: "text", description: "phenotypes, terms" },
  ],
  load: (input, context) => context.run(loadMgi, input),
});
