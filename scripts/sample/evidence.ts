import { type SampleGene, sampleGene, unknownSymbol } from "./genes.ts";
import { indented } from "./indented.ts";
import type { SampleOptions } from "./options.ts";
import { below, Purpose, type Random, randomFor } from "./random.ts";

interface Provider {
  id: string;
  name: string;
  panels: string[];
  /** Share of well-known genes that it lists. */
  reach: number;
}

/** The providers of the sample, from wide to narrow. */
export const providers: readonly Provider[] = [
  {
    id: "sample_provider_a",
    name: "Sample Provider A",
    panels: [
      "Sample Cystic Panel",
      "Sample Glomerular Panel",
      "Sample Tubular Panel",
      "Sample Stone Panel",
      "Sample Comprehensive Panel",
    ],
    reach: 0.9,
  },
  {
    id: "sample_provider_b",
    name: "Sample Provider B",
    panels: ["Sample Nephrology Panel"],
    reach: 0.75,
  },
  {
    id: "sample_provider_c",
    name: "Sample Provider C",
    panels: ["Sample Kidney Panel", "Sample Transplant Panel"],
    reach: 0.6,
  },
  {
    id: "sample_provider_d",
    name: "Sample Provider D",
    panels: ["Sample Core Panel"],
    reach: 0.4,
  },
];

interface Publication {
  pmid: string;
  title: string;
  journal: string;
  date: string;
  reach: number;
}

/** The publications of the sample. */
export const publications: readonly Publication[] = [
  ["Exomes", "2018-03-02", 0.8],
  ["Panels", "2019-11-20", 0.6],
  ["Biopsies", "2021-06-15", 0.45],
  ["Families", "2022-09-01", 0.35],
  ["Donors", "2024-02-10", 0.25],
].map(([what, date, reach], index) => ({
  pmid: String(99_000_001 + index),
  title: `Sample study ${index + 1}: ${what}`,
  journal: "Journal of Sample Data",
  date: `${date}T00:00:00`,
  reach: Number(reach),
}));

interface Named {
  symbol: string;
  reported_as: string;
  hgnc_id: string | null;
  normalization_status: "normalized" | "failed";
}

/** How a list names a gene: mostly well, at times by an old or strange name. */
function names(gene: SampleGene, random: Random): Named[] {
  const normalized = (reported: string): Named => ({
    symbol: gene.symbol,
    reported_as: reported,
    hgnc_id: gene.hgncId,
    normalization_status: "normalized",
  });
  const failed = (symbol: string): Named => ({
    symbol,
    reported_as: symbol,
    hgnc_id: null,
    normalization_status: "failed",
  });
  const chance = random();
  const old = gene.previous ?? gene.alias;
  if (chance < 0.05) return [failed(unknownSymbol(gene.index))];
  if (old === undefined || chance > 0.5) return [normalized(gene.symbol)];
  if (chance < 0.15) return [failed(old)];
  // Listed twice, under both names: one row that was merged.
  if (chance < 0.2) return [normalized(gene.symbol), normalized(old)];
  return [normalized(old)];
}

function* geneEntries(
  { genes, seed }: SampleOptions,
  { purpose, reach, extra }: {
    purpose: number;
    reach: number;
    extra?: (random: Random) => Record<string, unknown>;
  },
): Generator<string> {
  let separator = "\n";
  for (let index = 0; index < genes; index++) {
    const gene = sampleGene(seed, index);
    const random = randomFor(seed, purpose, index);
    if (random() > reach * gene.renown) continue;
    for (const named of names(gene, random)) {
      const { symbol, ...rest } = named;
      const entry = { symbol, ...extra?.(random), ...rest };
      yield separator + indented(entry, 4);
      separator = ",\n";
    }
  }
  yield "\n";
}

/** The object's text without its closing brace, to write `genes` behind it. */
function opened(value: Record<string, unknown>): string {
  return JSON.stringify(value, null, 2).slice(0, -2) + `,\n  "genes": [`;
}

/** A provider's file of diagnostic panels. */
export function* panelLines(
  options: SampleOptions,
  index: number,
): Generator<string> {
  const provider = providers[index]!;
  yield opened({
    sample: true,
    id: provider.id,
    provider_id: provider.id,
    provider_name: provider.name,
    provider_type: provider.panels.length > 1 ? "multi_panel" : "single_panel",
    main_url: `https://example.org/${provider.id}`,
    total_panels: provider.panels.length,
  });
  yield* geneEntries(options, {
    purpose: Purpose.panel + index,
    reach: provider.reach,
    extra: (random) => {
      const count = 1 + below(random, provider.panels.length);
      const start = below(random, provider.panels.length);
      const panels = Array.from(
        { length: count },
        (_, step) => provider.panels[(start + step) % provider.panels.length],
      );
      return { panels, occurrence_count: count };
    },
  });
  yield "  ]\n}\n";
}

/** A publication's file of the genes that it names. */
export function* publicationLines(
  options: SampleOptions,
  index: number,
): Generator<string> {
  const publication = publications[index]!;
  yield opened({
    sample: true,
    id: publication.pmid,
    pmid: publication.pmid,
    title: publication.title,
    authors: ["Sample Author", "Another Sample Author"],
    journal: publication.journal,
    publication_date: publication.date,
    url: `https://example.org/publications/${publication.pmid}`,
    doi: null,
  });
  yield* geneEntries(options, {
    purpose: Purpose.publication + index,
    reach: publication.reach,
  });
  yield "  ]\n}\n";
}
