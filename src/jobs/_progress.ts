import type { LoadProgress } from "../load_input.ts";
import type { JobProgress } from "./types.ts";

/** The progress of one attempt. */
export interface ProgressTracker {
  update(progress: LoadProgress): void;
  /** Writes no more; resolves when the write under way has ended. */
  stop(): Promise<void>;
  readonly current: JobProgress;
}

/** Options of {@linkcode trackProgress}. */
export interface TrackProgressOptions {
  total: number;
  /** Keeps the progress; never called twice at once. A failure is ignored. */
  write: (progress: JobProgress) => Promise<void>;
  /**
   * Milliseconds between the end of one write and the next.
   *
   * @default {500}
   */
  intervalMs?: number;
  /**
   * Milliseconds of a clock that only goes forward.
   *
   * @default {performance.now}
   */
  now?: () => number;
}

/** A job that has not begun. */
export function noProgress(total: number): JobProgress {
  return { done: 0, total, rate: 0, doing: "queued", eta_s: null };
}

/**
 * Follows a load's progress and writes it down now and then, without ever
 * making the load wait. In each phase (`doing`) `done` only grows; rate and
 * time left are of the phase.
 */
export function trackProgress(options: TrackProgressOptions): ProgressTracker {
  const { write, intervalMs = 500, now = () => performance.now() } = options;
  let current: JobProgress = {
    ...noProgress(options.total),
    doing: "starting",
  };
  let phaseSince = now();
  let phaseFrom = 0;
  let dirty = false;
  let stopped = false;
  let writing: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    if (stopped || !dirty || writing !== undefined) return;
    dirty = false;
    // A lost update is made good by the next one.
    writing = write(current).catch(() => {}).then(() => {
      writing = undefined;
      if (!stopped) timer = setTimeout(flush, intervalMs);
    });
  };
  return {
    update({ done, total, doing }) {
      if (stopped) return;
      if (doing !== current.doing) {
        phaseSince = now();
        phaseFrom = done;
      } else if (done < current.done) {
        done = current.done;
      }
      const seconds = (now() - phaseSince) / 1000;
      const rate = seconds > 0 ? (done - phaseFrom) / seconds : 0;
      const eta = rate > 0 ? Math.max(0, total - done) / rate : null;
      current = {
        done,
        total,
        rate: Math.round(rate),
        doing,
        eta_s: eta === null ? null : Math.round(eta * 10) / 10,
      };
      dirty = true;
      if (timer === undefined) flush();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await writing;
    },
    get current() {
      return current;
    },
  };
}
