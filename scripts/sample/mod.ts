import { join } from "node:path";
import {
  panelLines,
  providers,
  publicationLines,
  publications,
} from "./evidence.ts";
import { descartesLines, gtexLines } from "./expression.ts";
import { hgncLines } from "./hgnc.ts";
import { hpoLines } from "./hpo.ts";
import { orthologLines, phenotypeLines, termLines } from "./mouse.ts";
import type { SampleOptions } from "./options.ts";
import { writeLines } from "./write_lines.ts";

export type { SampleOptions } from "./options.ts";

/** A file of the sample and how it is loaded. */
export interface SampleFile {
  /** Relative to the sample's folder. */
  path: string;
  source: string;
  fields: Record<string, unknown>;
  lines: () => Iterable<string>;
}

/** All files of a sample, in the order in which to load them. */
export function sampleFiles(options: SampleOptions): SampleFile[] {
  const file = (
    path: string,
    source: string,
    lines: () => Iterable<string>,
    fields: Record<string, unknown> = {},
  ): SampleFile => ({ path, source, fields, lines });
  return [
    // First: symbols resolve through it.
    file("hgnc_complete_set.json", "hgnc", () => hgncLines(options)),
    file("HMD_HumanPhenotype.rpt", "mgi", () => orthologLines(options), {
      part: "orthologs",
    }),
    file("mp_terms.json", "mgi", termLines, { part: "terms" }),
    file("MGI_PhenoGenoMP.rpt", "mgi", () => phenotypeLines(options), {
      part: "phenotypes",
    }),
    file("kidney_tpm.csv", "descartes", () => descartesLines(options, "tpm"), {
      part: "tpm",
    }),
    file(
      "kidney_percentage.csv",
      "descartes",
      () => descartesLines(options, "percentage"),
      { part: "percentage" },
    ),
    file("gtex_median_tpm.gct.gz", "gtex", () => gtexLines(options)),
    file("genes_to_phenotype.txt", "hpo", () => hpoLines(options)),
    ...providers.map(({ id }, index) =>
      file(
        `diagnostic_panels/${id}.json`,
        "diagnostic_panels",
        () => panelLines(options, index),
      )
    ),
    ...publications.map(({ pmid }, index) =>
      file(
        `literature/literature_pmid_${pmid}.json`,
        "literature",
        () => publicationLines(options, index),
      )
    ),
  ];
}

function readme({ genes, seed }: SampleOptions): string {
  return `SAMPLE DATA - NOT REAL

Everything in this folder was invented by "deno task sample" (--genes ${genes}
--seed ${seed}). No gene, value, phenotype, provider or publication in it exists:
symbols start with SAMPLE, and identifiers are far above those given out.
Do not use it for anything but trying Loophound.
`;
}

/** Options of {@linkcode writeSample}. */
export interface WriteSampleOptions extends SampleOptions {
  /** The folder to write to; made if it is missing. */
  out: string;
  /** Gzips every file, not only the GCT. @default {false} */
  gzip?: boolean;
  /** Called when a file is written. */
  onFile?: (path: string, bytes: number) => void;
}

/** Writes all source files of an invented catalogue. */
export async function writeSample(options: WriteSampleOptions): Promise<void> {
  const { out, gzip = false, onFile } = options;
  for (const { path, lines } of sampleFiles(options)) {
    const name = gzip && !path.endsWith(".gz") ? `${path}.gz` : path;
    onFile?.(name, await writeLines(join(out, name), lines()));
  }
  onFile?.(
    "README.txt",
    await writeLines(join(out, "README.txt"), [readme(options)]),
  );
}
