/** Holds the loop for so many milliseconds. */
export function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Awaits a timer. */
export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Awaits another turn of the loop. */
export function turn(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
