import { defineLoadTask } from "../../../load_task.ts";
import { clearSample } from "../sample.ts";
import { aboutId, aboutMembers } from "./_about.ts";
import { loadEvidence } from "./_load_evidence.ts";

const ABOUT = [
  "title",
  "authors",
  "journal",
  "publication_date",
  "url",
  "doi",
];

/** Loads the genes that one publication names; its PMID tells which it is. */
export const loadLiterature = defineLoadTask<Record<string, unknown>>({
  name: "load_literature",
  module: import.meta.url,
  version: 1,
  clearSample,
  load: (run) =>
    loadEvidence(run, {
      detailOf: (about) => aboutId(about, "pmid"),
      dataOf(about, detail) {
        const publication = aboutMembers(about, ABOUT);
        return (gene) => ({
          pmid: detail,
          ...publication,
          reported_as: gene.reportedAs,
        });
      },
    }),
});
