import assert from "node:assert/strict";
import { tissueId } from "./_tissue_id.ts";

Deno.test("tissueId() names the tissues of GTEx as annotations do", () => {
  assert.equal(tissueId("Kidney - Cortex"), "Kidney_Cortex");
  assert.equal(tissueId("Whole Blood"), "Whole_Blood");
  assert.equal(
    tissueId("Brain - Frontal Cortex (BA9)"),
    "Brain_Frontal_Cortex_BA9",
  );
  assert.equal(
    tissueId("Skin - Not Sun Exposed (Suprapubic)"),
    "Skin_Not_Sun_Exposed_Suprapubic",
  );
  assert.equal(
    tissueId("Cells - EBV-transformed lymphocytes"),
    "Cells_EBV-transformed_lymphocytes",
  );
});
