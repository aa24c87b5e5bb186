import { defineLoadTask } from "../../../load_task.ts";
import { clearSample } from "../sample.ts";
import { type EvidenceRow, loadEvidence } from "./_load_evidence.ts";
import { aboutText, type GeneEntry, readGenes } from "./_read_genes.ts";

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}

interface Merged {
  hgncId: string | null;
  reported: string[];
  panels: string[];
  occurrences: number;
}

/**
 * A symbol that is there twice stands for two names that the laboratory uses
 * for one gene: losing either would lose its panels, so they are merged.
 */
function merge(entries: readonly GeneEntry[]): Map<string, Merged> {
  const genes = new Map<string, Merged>();
  for (const entry of entries) {
    const panels = entry.panels ?? [];
    const known = genes.get(entry.symbol);
    const all = union(known?.panels ?? [], panels);
    genes.set(entry.symbol, {
      hgncId: known?.hgncId ?? entry.hgnc_id ?? null,
      reported: union(
        known?.reported ?? [],
        [entry.reported_as ?? entry.symbol],
      ),
      panels: all,
      occurrences: known === undefined
        ? entry.occurrence_count ?? Math.max(1, panels.length)
        : Math.max(1, all.length),
    });
  }
  return genes;
}

/** Loads the panels of one provider. */
export const loadDiagnosticPanels = defineLoadTask<Record<string, unknown>>({
  name: "load_diagnostic_panels",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const { entries, found, about } = await readGenes(run);
    const providerId = aboutText(about, "provider_id");
    const providerName = aboutText(about, "provider_name");
    const merged = merge(entries);
    const rows = [...merged].map(([symbol, gene]): EvidenceRow => ({
      symbol,
      hgncId: gene.hgncId,
      reportedAs: gene.reported.join("; "),
      data: {
        provider_id: providerId,
        provider_name: providerName,
        panels: gene.panels,
        occurrence_count: gene.occurrences,
        reported_as: gene.reported,
      },
    }));
    return await loadEvidence(run, {
      detail: providerId,
      rows,
      found,
      duplicates: entries.length - rows.length,
    });
  },
});
