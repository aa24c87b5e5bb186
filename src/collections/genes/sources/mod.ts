import type { Source } from "../../../collection.ts";
import { descartes } from "./descartes.ts";
import { diagnosticPanels } from "./diagnostic_panels.ts";
import { gtex } from "./gtex.ts";
import { hgnc } from "./hgnc.ts";
import { hpo } from "./hpo.ts";
import { literature } from "./literature.ts";
import { mgi } from "./mgi.ts";

/** Every source of the collection, names first. */
export const sources: Source[] = [
  hgnc,
  diagnosticPanels,
  literature,
  descartes,
  gtex,
  mgi,
  hpo,
];
