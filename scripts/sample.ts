import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeSample } from "./sample/mod.ts";

const HELP = `Writes invented source files for the genes collection, any size.

Usage: deno task sample --genes N [--seed S] [--out folder] [--gzip]

  --genes N     how many genes, 1 to 100000000
  --seed S      whole number; the same seed gives the same bytes (default 1)
  --out folder  where to write; made if missing (default ./data/sample)
  --gzip        gzip every file, not only the GCT
  --help        this text

Files, each with the source that loads it:

  hgnc_complete_set.json     hgnc (load it first: symbols resolve through it)
  HMD_HumanPhenotype.rpt     mgi, part=orthologs
  mp_terms.json              mgi, part=terms
  MGI_PhenoGenoMP.rpt        mgi, part=phenotypes
  kidney_tpm.csv             descartes, part=tpm
  kidney_percentage.csv      descartes, part=percentage
  gtex_median_tpm.gct.gz     gtex
  genes_to_phenotype.txt     hpo
  diagnostic_panels/*.json   diagnostic_panels, one provider a file
  literature/*.json          literature, one publication a file
  README.txt                 says that nothing in the folder is real

A million genes take 45 MB for the two CSV files together, 155 MB for the GCT and
440 MB for the HGNC set; memory stays the same for any N.
The bundled sample is "--genes 180 --seed 1 --out src/collections/genes/sample_data".
`;

function wholeNumber(
  name: string,
  value: string,
  { min, max }: { min: number; max: number },
): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new RangeError(
      `Cannot read --${name} "${value}": it takes a whole number from ${min} to ${max}`,
    );
  }
  return number;
}

/**
 * Runs the command.
 *
 * @returns The exit code.
 */
export async function main(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        genes: { type: "string" },
        seed: { type: "string", default: "1" },
        out: { type: "string", default: "data/sample" },
        gzip: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    if (values.genes === undefined) {
      throw new TypeError("Cannot make a sample: --genes is missing");
    }
    const out = resolve(values.out);
    await writeSample({
      genes: wholeNumber("genes", values.genes, { min: 1, max: 100_000_000 }),
      seed: wholeNumber("seed", values.seed, { min: 0, max: 0xffff_ffff }),
      out,
      gzip: values.gzip,
      onFile: (path, bytes) =>
        console.log(`${bytes.toString().padStart(12)}  ${path}`),
    });
    console.log(`Sample data is in ${out}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error("Try: deno task sample --help");
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
