import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadHgnc } from "./hgnc_task.ts";

/** Names of human genes: HGNC. */
export const hgnc = defineSource({
  name: "hgnc",
  description: "Names of human genes: the complete set of HGNC, JSON. A row " +
    "is an element of `response.docs`. Without hgnc_id or symbol it is " +
    "rejected; the last one of an id counts. Once it is loaded, symbols " +
    "resolve through aliases and previous symbols, also those loaded before.",
  input: z.object({}),
  accepts: [
    "application/json",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "hgnc_id", type: "text" },
    { name: "symbol", type: "text" },
    { name: "name", type: "text" },
    {
      name: "status",
      type: "text",
      description: "Only `Approved` names genes; missing means that",
    },
    { name: "locus_group", type: "text" },
    { name: "alias_symbol", type: "text[]" },
    { name: "prev_symbol", type: "text[]" },
    { name: "entrez_id", type: "text" },
    { name: "ensembl_gene_id", type: "text" },
  ],
  load: (input, context) => context.run(loadHgnc, input),
});
