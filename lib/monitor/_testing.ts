import { openRunDelay } from "./_run_delay.ts";

const runDelay = openRunDelay();

/** Holds the loop for so many milliseconds, in which the thread has a core. */
export function spin(ms: number): void {
  const start = performance.now();
  const delay = runDelay?.read() ?? 0;
  let lost = 0;
  while (performance.now() - start - lost < ms) {
    const end = start + lost + ms;
    while (performance.now() < end);
    lost = (runDelay?.read() ?? 0) - delay;
  }
}

/** Milliseconds that a function takes, those without a core left out: the least of several times. */
export function leastTimeOf(fn: () => void): number {
  let least = Infinity;
  for (let i = 0; i < 10; i++) {
    const start = performance.now();
    const before = runDelay?.read() ?? 0;
    fn();
    const lost = (runDelay?.read() ?? 0) - before;
    least = Math.min(least, performance.now() - start - lost);
  }
  return least;
}

/** Awaits a timer. */
export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Awaits another turn of the loop. */
export function turn(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
