import { defineLoadTask } from "../../../load_task.ts";
import { clearSample } from "../sample.ts";
import { type EvidenceRow, loadEvidence } from "./_load_evidence.ts";
import { aboutText, readGenes } from "./_read_genes.ts";

/** Loads the genes that one publication names; the last entry counts. */
export const loadLiterature = defineLoadTask<Record<string, unknown>>({
  name: "load_literature",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const { entries, found, about } = await readGenes(run);
    const pmid = aboutText(about, "pmid");
    const { title, authors, journal, publication_date, url, doi } = about;
    const rows = new Map<string, EvidenceRow>();
    for (const { symbol, reported_as, hgnc_id } of entries) {
      rows.set(symbol, {
        symbol,
        hgncId: hgnc_id ?? rows.get(symbol)?.hgncId ?? null,
        reportedAs: reported_as ?? symbol,
        data: {
          pmid,
          title,
          authors,
          journal,
          publication_date,
          url,
          doi,
          reported_as: reported_as ?? symbol,
        },
      });
    }
    return await loadEvidence(run, {
      detail: pmid,
      rows: [...rows.values()],
      found,
      duplicates: entries.length - rows.size,
    });
  },
});
