import { stderrPrinter } from "./_printer.ts";
import type { BlockReport } from "./types.ts";

/**
 * A report as text for a terminal: what, how long, where, and what to do.
 *
 * @param report A block.
 * @param unlogged Reports of the same culprit left out since the last text.
 * @returns Lines, without one at the end.
 *
 * @example
 * ```ts
 * import { formatBlock, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * using monitor = startLoopMonitor({ log: null });
 * monitor.onBlock((report) => console.error(formatBlock(report)));
 * ```
 */
export function formatBlock(report: BlockReport, unlogged = 0): string {
  const { message, longest_ms, preempted_ms, threshold_ms, cause } = report;
  const { culprit, stack, advice, trace_id } = report;
  const facts = [
    `held the loop for ${longest_ms.toFixed(1)} ms`,
    ...(preempted_ms >= 1
      ? [`${preempted_ms.toFixed(1)} of them without a core`]
      : []),
    `threshold ${threshold_ms} ms`,
    ...(cause === null ? [] : [`cause: ${cause}`]),
    ...(unlogged === 0 ? [] : [`${unlogged} more since the last report`]),
    ...(trace_id === null ? [] : [`trace ${trace_id}`]),
  ];
  const frames = stack.length > 0
    ? stack
    : culprit === null
    ? report.function === null ? [] : [report.function]
    : [
      `${culprit.function} (${culprit.file}:${culprit.line}:${culprit.column})`,
    ];
  return [
    `${message}: ${facts.join(", ")}`,
    ...frames.map((frame) => `    at ${frame}`),
    `    ${advice}`,
  ].join("\n");
}

/** The default log: stderr, off the loop. */
export function printBlock(report: BlockReport, unlogged: number): void {
  stderrPrinter().print(formatBlock(report, unlogged));
}
