import { WorkFigures } from "@loophound/toolkit/limits";
import type { TaskTimes } from "./_protocol.ts";
import type { PoolStats } from "./types.ts";

/** Of how many of the newest tasks the parked share is. */
const ringSize = 512;

/** Figures of one class; bounded however many tasks run. */
export class ClassFigures {
  readonly #work = new WorkFigures(performance.now());
  readonly #times: { cpuMs: number; wallMs: number }[] = [];
  #next = 0;

  started(waitMs: number): void {
    this.#work.waited(waitMs);
  }

  ended({ ok, runMs, times }: {
    ok: boolean;
    /** Undefined: it never started. */
    runMs: number | undefined;
    times: TaskTimes | undefined;
  }): void {
    this.#work.ended(performance.now(), runMs, ok ? "completed" : "failed");
    if (times === undefined || times.cpuMs === null) return;
    this.#times[this.#next] = { cpuMs: times.cpuMs, wallMs: times.wallMs };
    this.#next = (this.#next + 1) % ringSize;
  }

  /** Milliseconds that a task usually runs. */
  typicalRunMs(): number {
    return this.#work.typicalRunMs();
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
    return {
      ...this.#work.read(performance.now()),
      parked_share: this.#parkedShare(),
    };
  }

  #parkedShare(): number | null {
    if (this.#times.length === 0) return null;
    let cpuMs = 0;
    let wallMs = 0;
    for (const times of this.#times) {
      cpuMs += times.cpuMs;
      wallMs += times.wallMs;
    }
    // The kernel may count CPU time in steps of 10 ms: one short task can
    // seem to have used more than its wall time.
    const share = Math.max(0, Math.min(1, 1 - cpuMs / (wallMs || 1)));
    return Math.round(share * 1000) / 1000;
  }
}
