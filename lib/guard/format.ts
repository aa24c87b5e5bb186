import type { SyncCallReport } from "./types.ts";

/**
 * Writes a report as a few lines of text, as `installGuard` logs it.
 *
 * @param report The report.
 * @param unlogged Calls of the same culprit left out since the last time.
 * @returns Lines without a final newline.
 */
export function formatSyncCall(report: SyncCallReport, unlogged = 0): string {
  const facts = [
    ...(report.duration_ms === null
      ? []
      : [`${report.duration_ms.toFixed(1)} ms`]),
    ...(report.size === null ? [] : [
      `${report.size.value} ${report.size.unit}`,
    ]),
    ...(unlogged === 0 ? [] : [`${unlogged} more since the last report`]),
  ];
  return [
    report.message + (facts.length === 0 ? "" : ` (${facts.join(", ")})`),
    ...report.stack.slice(0, 4).map((frame) => `    at ${frame}`),
    ...(report.allowed_by === null
      ? []
      : [`  Allowed only for a shorter time: ${report.allowed_by}`]),
    `  ${report.advice}`,
  ].join("\n");
}
