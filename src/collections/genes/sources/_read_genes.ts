import { z } from "zod";
import type { LoadRun } from "../../../load_task.ts";
import { isTooLong, NAME_BYTES } from "./_limits.ts";
import { readElements } from "./_read_elements.ts";
import type { GenesScan } from "./_scan_genes.ts";

const HGNC_ID = /^HGNC:\d{1,12}$/;

/** An entry of `genes`, as far as both kinds of files have it. */
const entrySchema = z.object({
  symbol: z.string().trim().min(1, "is empty").refine(
    (symbol) => !isTooLong(symbol, NAME_BYTES),
    "is too long",
  ),
  reported_as: z.string().nullish(),
  hgnc_id: z.string().trim().refine(
    (id) => id === "" || HGNC_ID.test(id),
    "is no HGNC id like HGNC:9008",
  ).nullish(),
  panels: z.array(z.string()).nullish(),
  occurrence_count: z.number().int().min(0).nullish(),
}, "is no object");
type Entry = z.output<typeof entrySchema>;

/** A gene of a file, with all that its entries say. */
export interface NamedGene {
  symbol: string;
  hgncId: string | null;
  /** The names under which it is there, in the order of the file. */
  reportedAs: string[];
  panels: string[];
  occurrences: number;
}

/** Counts of the entries; final when all have been read. */
export interface EntryCounts {
  /** Entries found, refused ones included. */
  rows: number;
  /** Entries that were merged into an earlier one of the same symbol. */
  duplicates: number;
}

function merge(known: NamedGene | undefined, entry: Entry): NamedGene {
  const panels = [...new Set([...known?.panels ?? [], ...entry.panels ?? []])];
  const reported = entry.reported_as?.trim() || entry.symbol;
  return {
    symbol: entry.symbol,
    hgncId: known?.hgncId || entry.hgnc_id || null,
    reportedAs: [...new Set([...known?.reportedAs ?? [], reported])],
    panels,
    occurrences: Math.max(
      known?.occurrences ?? 0,
      entry.occurrence_count ?? 1,
      known === undefined ? 0 : panels.length,
    ),
  };
}

/**
 * Reads the genes of a file that was scanned. A symbol that is there more
 * than once stands for several names of one gene (`CD46` and `MCP`): its
 * entries become one, so that no panel and no name is lost. Only these are
 * held in memory. Entries that are none go to the rejections.
 */
export async function* readGenes(
  run: LoadRun<unknown>,
  { scan, counts }: { scan: GenesScan; counts: EntryCounts },
): AsyncGenerator<NamedGene, void, void> {
  const held = new Map<string, NamedGene>();
  const entries = readElements(run, {
    path: ["genes"],
    schema: entrySchema,
    counts,
  });
  for await (const { element: entry } of entries) {
    if (!scan.mayRepeat(entry.symbol)) {
      yield merge(undefined, entry);
      continue;
    }
    const known = held.get(entry.symbol);
    if (known !== undefined) counts.duplicates++;
    held.set(entry.symbol, merge(known, entry));
  }
  yield* held.values();
}
