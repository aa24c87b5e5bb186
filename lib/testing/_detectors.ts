import { type Guard, installGuard } from "@loophound/toolkit/guard";
import { type LoopMonitor, startLoopMonitor } from "@loophound/toolkit/monitor";
import type { Collector } from "./_collector.ts";

/**
 * The monitor and the guard of a test file. One of each for all its tests: the
 * start of a profile takes 20 to 200 ms.
 */
export class Detectors implements Disposable {
  readonly #collector: Collector;
  #monitor: LoopMonitor | null = null;
  #guard: Guard | null = null;
  #thresholdMs = Infinity;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** Shorter stretches are not reported. Milliseconds. */
  get thresholdMs(): number {
    return this.#thresholdMs;
  }

  /** Null before the first need of it. */
  get monitor(): LoopMonitor | null {
    return this.#monitor;
  }

  /**
   * Sees to it that stretches longer than a budget are reported. Holds the loop
   * at the first time, and for a moment whenever the budget is smaller than all
   * before: to be called while tests are registered, not while they run.
   */
  watchLoop(budgetMs: number): void {
    // Of what no call explains, a timer's callback, the monitor reports only
    // what is longer than two thresholds.
    const thresholdMs = budgetMs / 2;
    if (thresholdMs >= this.#thresholdMs) return;
    const before = this.#monitor;
    // Before the other ends: they share the profile, which is dear to start.
    const monitor = startLoopMonitor({
      thresholdMs,
      graceMs: 0,
      watchdog: false,
      log: null,
    });
    monitor.onBlock((report) => this.#collector.addBlock(report));
    before?.stop();
    this.#monitor = monitor;
    this.#thresholdMs = thresholdMs;
    this.#guard?.useMonitor(monitor);
  }

  /** Begins to catch synchronous calls. */
  watchCalls(): void {
    if (this.#guard !== null) return;
    this.#guard = installGuard({
      action: "count",
      graceMs: 0,
      log: null,
      monitor: this.#monitor,
      // What this host cannot catch it cannot fail tests for.
      notify: ({ kind, message }) => {
        if (kind === "expired_allowance") console.warn(message);
      },
    });
    this.#guard.onCall((report) => this.#collector.addCall(report));
  }

  /** Calls under a label by API of which the guard took no stack: over 100 a second. */
  unexamined(label: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const { api, route, examined, count } of this.#guard?.counts() ?? []) {
      if (examined || route !== label) continue;
      found.set(api, (found.get(api) ?? 0) + count);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#monitor?.stop();
    this.#monitor = null;
    this.#guard?.uninstall();
    this.#guard = null;
    this.#thresholdMs = Infinity;
  }
}
