import type { Rejection, RejectionLog, RejectionSummary } from "./types.ts";

const MAX_REASONS = 20;
const MAX_EXAMPLES = 5;
const MAX_TEXT = 200;
const OTHER = "other";

/**
 * Makes a log of refused rows whose memory is bounded: it counts by reason and
 * keeps the first five examples of each of the first 20 reasons. Any further
 * reason is counted as `"other"`.
 *
 * @returns The log.
 *
 * @example Usage
 * ```ts
 * import { createRejectionLog } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const log = createRejectionLog();
 * log.add({ line: 7, column: 6, reason: "not a number", text: "PKD1,x" });
 * assert.equal(log.count, 1);
 * assert.deepEqual(log.summary(), [{
 *   reason: "not a number",
 *   count: 1,
 *   examples: [{ line: 7, column: 6, text: "PKD1,x" }],
 * }]);
 * ```
 */
export function createRejectionLog(): RejectionLog {
  const reasons = new Map<string, RejectionSummary>();
  let count = 0;

  function entry(wanted: string): RejectionSummary {
    const reason = reasons.has(wanted) || reasons.size < MAX_REASONS
      ? wanted
      : OTHER;
    let found = reasons.get(reason);
    if (found === undefined) {
      found = { reason, count: 0, examples: [] };
      reasons.set(reason, found);
    }
    return found;
  }

  return {
    get count() {
      return count;
    },
    add(rejection: Rejection): void {
      count++;
      const found = entry(rejection.reason.slice(0, MAX_TEXT));
      found.count++;
      if (found.examples.length < MAX_EXAMPLES) {
        found.examples.push({
          line: rejection.line,
          column: rejection.column,
          text: rejection.text.slice(0, MAX_TEXT),
        });
      }
    },
    summary(): RejectionSummary[] {
      return [...reasons.values()]
        .map((found) => ({ ...found, examples: [...found.examples] }))
        .sort((a, b) =>
          Number(a.reason === OTHER) - Number(b.reason === OTHER) ||
          b.count - a.count
        );
    },
  };
}
