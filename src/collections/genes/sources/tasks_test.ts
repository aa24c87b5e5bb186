import { descartesCases } from "./_test_descartes.ts";
import { evidenceCases } from "./_test_evidence.ts";
import { gtexCases } from "./_test_gtex.ts";
import { hgncCases } from "./_test_hgnc.ts";
import { hpoCases } from "./_test_hpo.ts";
import { type LoadCases, onBothEngines } from "./_test_loads.ts";
import { mgiCases } from "./_test_mgi.ts";
import { sampleCases } from "./_test_sample.ts";

function named(source: string, cases: LoadCases): LoadCases {
  return Object.fromEntries(
    Object.entries(cases).map(([name, run]) => [`${source} ${name}`, run]),
  );
}

// One database an engine: opening one takes longer than all that is tested.
onBothEngines("sources", {
  ...named("descartes", descartesCases),
  ...named("gtex", gtexCases),
  ...named("hgnc", hgncCases),
  ...named("mgi", mgiCases),
  ...named("hpo", hpoCases),
  ...named("evidence", evidenceCases),
  ...named("sample", sampleCases),
});
