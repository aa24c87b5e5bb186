import type { SourceFile } from "./files.ts";

const OFF = /sanitize(?:Ops|Resources|Exit)\s*:\s*false/;
const SKIPPED =
  /\bDeno\.test\.(?:ignore|only)\b|\b(?:ignore|only)\s*:\s*true|\b(?:it|test|describe)\.(?:skip|only)\b/;

/** Answers one line for each test that is switched off or unguarded. */
export function checkSanitizers(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    // These folders speak of what is looked for here.
    if (/^(?:scripts\/checks|lib\/testing)\//.test(path)) continue;
    for (const [index, line] of text.split("\n").entries()) {
      if (OFF.test(line)) {
        problems.push(`${path}:${index + 1}: a sanitizer is switched off`);
      }
      if (path.endsWith("_test.ts") && SKIPPED.test(line)) {
        problems.push(`${path}:${index + 1}: a test is switched off`);
      }
    }
  }
  return problems;
}
