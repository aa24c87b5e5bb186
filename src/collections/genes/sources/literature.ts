import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadLiterature } from "./literature_task.ts";

/** Genes that a publication names. */
export const literature = defineSource({
  name: "literature",
  description: "Genes that a publication names, JSON. A file is one " +
    "publication (its pmid), and replaces that publication's evidence alone. " +
    "A row is an element of `genes`. A symbol that is there more than once " +
    "is merged: all its reported names are kept, and the further entries " +
    "count as duplicates. Entries without a symbol are rejected; without an " +
    "hgnc_id they resolve by symbol.",
  input: z.object({}),
  accepts: [
    "application/json",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "symbol", type: "text" },
    { name: "reported_as", type: "text" },
    { name: "hgnc_id", type: "text", description: "May be null" },
  ],
  load: (input, context) => context.run(loadLiterature, input),
});
