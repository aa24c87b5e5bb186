import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadDiagnosticPanels } from "./diagnostic_panels_task.ts";

/** Genes on the panels of diagnostic laboratories. */
export const diagnosticPanels = defineSource({
  name: "diagnostic_panels",
  description: "Genes on the panels of a diagnostic laboratory, JSON. A file " +
    "is one provider (its provider_id), and replaces that provider's evidence " +
    "alone. A row is an element of `genes`. A symbol that is there more than " +
    "once is merged: all its panels and reported names are kept, and the " +
    "further entries count as duplicates. Entries without a symbol are " +
    "rejected; without an hgnc_id they resolve by symbol.",
  input: z.object({}),
  accepts: [
    "application/json",
    "application/gzip",
    "application/octet-stream",
  ],
  columns: [
    { name: "symbol", type: "text" },
    { name: "panels", type: "text[]" },
    { name: "occurrence_count", type: "integer" },
    { name: "reported_as", type: "text" },
    { name: "hgnc_id", type: "text", description: "May be null" },
  ],
  load: (input, context) => context.run(loadDiagnosticPanels, input),
});
