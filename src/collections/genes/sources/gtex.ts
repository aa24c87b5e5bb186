import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadGtex } from "./gtex_task.ts";

/** Median expression by tissue, GTEx. */
export const gtex = defineSource({
  name: "gtex",
  description: "Median expression by tissue (GTEx v8 and later), GCT 1.2, " +
    "gzip or not. A row is a data line: one gene with a TPM for each tissue. " +
    "The last line of a symbol counts, earlier ones are duplicates. A line " +
    "with a value that is no finite number or is negative is rejected. The " +
    "load fails if the numbers of genes and tissues are not those that line " +
    "2 announces.",
  input: z.object({}),
  accepts: [
    "text/tab-separated-values",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "Name", type: "text", description: "Ensembl gene id with version" },
    { name: "Description", type: "text", description: "Symbol" },
    {
      name: "one column a tissue",
      type: "float",
      description: "Median TPM; `Kidney - Cortex` becomes `Kidney_Cortex`",
    },
  ],
  load: (input, context) => context.run(loadGtex, input),
});
