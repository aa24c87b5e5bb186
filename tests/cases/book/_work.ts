/** Ordinary work that the apps of the case book share. */

/** Waits without holding the loop. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A checksum of the numbers below `n`. */
export function checksum(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) { // culprit: cpu_helper, cpu_nested_helpers, cpu_helper_after_await, cpu_sub_app
    sum = (sum * 31 + i) % 1_000_003; // culprit: cpu_helper, cpu_nested_helpers, cpu_helper_after_await, cpu_sub_app
  }
  return sum;
}

/** The same behind another function. */
export function signature(n: number): string {
  return `v1-${checksum(n).toString(16)}`;
}

/** Reads what it needs, then computes: a helper with a continuation. */
export async function loadRanking(n: number): Promise<number> {
  await pause(2);
  let best = 0;
  for (let i = 0; i < n; i++) { // culprit: cpu_helper_continuation
    best = Math.max(best, (best * 17 + i) % 999_983); // culprit: cpu_helper_continuation
  }
  return best;
}
