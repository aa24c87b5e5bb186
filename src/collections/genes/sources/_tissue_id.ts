/**
 * The id of a tissue as annotations use it: `Kidney - Cortex` is
 * `Kidney_Cortex`, `Brain - Frontal Cortex (BA9)` is
 * `Brain_Frontal_Cortex_BA9`.
 */
export function tissueId(name: string): string {
  return name.trim().replaceAll(" - ", "_").replaceAll(/[()]/g, "")
    .replaceAll(" ", "_");
}
