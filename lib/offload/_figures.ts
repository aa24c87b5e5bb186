import type { TaskTimes } from "./_protocol.ts";
import type { PoolStats } from "./types.ts";

/** How many of the newest tasks the percentiles cover. */
const ringSize = 512;
/** Seconds that the throughput covers. */
const windowS = 60;

class Ring {
  readonly #values: number[] = [];
  #next = 0;

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % ringSize;
  }

  percentiles(): { p50: number; p99: number } {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const at = (share: number) =>
      round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return { p50: at(0.5), p99: at(0.99) };
  }

  sum(): number {
    return this.#values.reduce((sum, value) => sum + value, 0);
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Figures of one class; bounded however many tasks run. */
export class ClassFigures {
  completed = 0;
  failed = 0;
  readonly #wait = new Ring();
  readonly #run = new Ring();
  readonly #cpu = new Ring();
  readonly #wall = new Ring();
  readonly #perSecond = new Map<number, number>();
  readonly #startedAt = performance.now();
  #timed = false;

  started(waitMs: number): void {
    this.#wait.push(waitMs);
  }

  ended({ ok, runMs, times }: {
    ok: boolean;
    /** Undefined: it never started. */
    runMs: number | undefined;
    times: TaskTimes | undefined;
  }): void {
    if (ok) this.completed++;
    else this.failed++;
    if (runMs !== undefined) this.#run.push(runMs);
    const second = Math.floor(performance.now() / 1000);
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
    if (this.#perSecond.size > windowS + 1) this.#forget(second);
    if (times !== undefined && times.cpuMs !== null) {
      this.#timed = true;
      this.#cpu.push(times.cpuMs);
      this.#wall.push(times.wallMs);
    }
  }

  /** Milliseconds that a task usually runs. */
  typicalRunMs(): number {
    return this.#run.percentiles().p50;
  }

  read(): Pick<
    PoolStats,
    | "completed"
    | "failed"
    | "throughput_per_s"
    | "wait_ms"
    | "run_ms"
    | "parked_share"
  > {
    const now = performance.now();
    this.#forget(Math.floor(now / 1000));
    const ended = [...this.#perSecond.values()].reduce((a, b) => a + b, 0);
    const seconds = Math.min(
      windowS,
      Math.max(1, (now - this.#startedAt) / 1000),
    );
    const wall = this.#wall.sum();
    return {
      completed: this.completed,
      failed: this.failed,
      throughput_per_s: round(ended / seconds),
      wait_ms: this.#wait.percentiles(),
      run_ms: this.#run.percentiles(),
      // The kernel may count CPU time in steps of 10 ms: one short task can
      // seem to have used more than its wall time.
      parked_share: !this.#timed
        ? null
        : round(Math.max(0, Math.min(1, 1 - this.#cpu.sum() / (wall || 1)))),
    };
  }

  #forget(second: number): void {
    for (const key of this.#perSecond.keys()) {
      if (key > second - windowS) break;
      this.#perSecond.delete(key);
    }
  }
}
