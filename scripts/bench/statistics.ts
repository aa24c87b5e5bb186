/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * The interval that holds the median with a certainty of 95 % or more, from
 * the order of the values alone: whatever they are distributed like. Of fewer
 * than six values it is their range.
 */
export function medianInterval(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  // Adds up the chances that k of n values fall below the median.
  let chance = 0.5 ** n;
  let below = 0;
  let k = 0;
  while (k < n / 2) {
    below += chance;
    if (below > 0.025) break;
    chance *= (n - k) / (k + 1);
    k++;
  }
  const from = Math.max(0, k - 1);
  return [sorted[from]!, sorted[n - 1 - from]!];
}
