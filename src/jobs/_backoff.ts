/** When and how often a failed job is tried again. */
export interface RetryPolicy {
  /** Attempts that may end in an error. */
  maxErrors: number;
  /** Milliseconds before the second attempt; four times as long each time. */
  backoffMs: number;
}

const longestMs = 3_600_000;

/**
 * Milliseconds before the next attempt: `backoffMs` × 4 to the power of the
 * errors before, an hour at most, then a quarter less to a quarter more by
 * chance, so that jobs that failed together do not come back together.
 *
 * @param errors Attempts that had ended in an error before this one.
 * @param options.random From 0 to 1.
 */
export function retryDelayMs(
  errors: number,
  options: { backoffMs: number; random: number },
): number {
  const { backoffMs, random } = options;
  const plain = Math.min(longestMs, backoffMs * 4 ** errors);
  return Math.round(plain * (0.75 + random / 2));
}
