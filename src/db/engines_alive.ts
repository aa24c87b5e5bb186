let alive = 0;

/**
 * Engines open in this isolate. The test sanitizers do not see a leaked thread
 * or database: tests assert that this is 0 when they have closed theirs.
 */
export function enginesAlive(): number {
  return alive;
}

/** Counts an engine until the answer is called; twice counts once. */
export function countEngine(): () => void {
  let counted = true;
  alive++;
  return () => {
    if (counted) alive--;
    counted = false;
  };
}
