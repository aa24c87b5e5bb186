import { defineLoadTask } from "../../../load_task.ts";
import { clearSample } from "../sample.ts";
import { aboutId, aboutMembers } from "./_about.ts";
import { loadEvidence } from "./_load_evidence.ts";

/**
 * Loads the panels of one provider. Its `provider_id` tells its next version;
 * the name, which may change its spelling, is only kept.
 */
export const loadDiagnosticPanels = defineLoadTask<Record<string, unknown>>({
  name: "load_diagnostic_panels",
  module: import.meta.url,
  version: 1,
  clearSample,
  load: (run) =>
    loadEvidence(run, {
      detailOf: (about) => aboutId(about, "provider_id"),
      dataOf(about, detail) {
        const { provider_name } = aboutMembers(about, ["provider_name"]);
        return (gene) => ({
          provider_id: detail,
          provider_name: provider_name ?? detail,
          panels: gene.panels,
          occurrence_count: gene.occurrences,
          reported_as: gene.reportedAs,
        });
      },
    }),
});
