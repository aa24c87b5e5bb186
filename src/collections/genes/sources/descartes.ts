import { z } from "zod";
import { defineSource } from "../../../collection.ts";
import { loadDescartes } from "./descartes_task.ts";

/** Kidney expression of the Descartes atlas. */
export const descartes = defineSource({
  name: "descartes",
  description: "Kidney expression of the Descartes atlas: two headerless " +
    "files, part=tpm and part=percentage, either alone or both. A row is a " +
    "line `symbol,value`. The last line of a symbol counts, earlier ones are " +
    "duplicates. Not a number, NaN and infinities are rejected, and so is a " +
    "percentage that is not a fraction from 0 to 1.",
  input: z.object({
    part: z.enum(["tpm", "percentage"]).meta({
      description: "Which of the two files it is",
    }),
  }),
  accepts: ["text/csv", "application/gzip", "application/octet-stream"],
  columns: [
    { name: "symbol", type: "text" },
    {
      name: "value",
      type: "float",
      description: "TPM, or the fraction of cells (0 to 1)",
    },
  ],
  load: (input, context) => context.run(loadDescartes, input),
});
