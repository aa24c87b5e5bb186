import { Heartbeat } from "./_heartbeat.ts";
import {
  type StallReport,
  startWatchdog,
  type Watchdog,
  type WatchdogOptions,
  watchdogSupport,
} from "./watchdog.ts";

/** Why a watchdog that nobody asked for in particular is not started here. */
function unsuited(): string | null {
  const { watch, missing } = watchdogSupport();
  if (!watch) return missing.join("; ");
  // On hosts without Web Locks (before Deno 2.9) its thread would keep the
  // process alive.
  return "locks" in navigator
    ? null
    : "its thread would keep the process alive on this version of Deno";
}

/** A monitor's watchdog and its heartbeat, or the reason why there is none. */
export class Watching {
  readonly heartbeat: Heartbeat | null = null;
  why: string | null;
  readonly #watchdog: Watchdog | null = null;

  /** @throws {Error} Options are given and the host cannot. */
  constructor(wanted: boolean | WatchdogOptions) {
    this.why = wanted === false ? "switched off" : null;
    if (wanted === true) this.why = unsuited();
    if (this.why !== null) return;
    this.heartbeat = new Heartbeat();
    try {
      this.#watchdog = startWatchdog(
        this.heartbeat,
        wanted === true ? { format: "pretty" } : wanted as WatchdogOptions,
      );
      this.why = this.#watchdog.liveStackMissing;
    } catch (error) {
      if (wanted !== true) throw error;
      this.heartbeat = null;
      this.why = error instanceof Error ? error.message : String(error);
    }
  }

  get on(): boolean {
    return this.#watchdog?.alive ?? false;
  }

  onStall(listener: (report: StallReport) => void): Disposable {
    return this.#watchdog?.onStall(listener) ?? { [Symbol.dispose]() {} };
  }

  /** Ends at once; the promise resolves when the thread is gone. */
  async stop(): Promise<void> {
    this.heartbeat?.stop();
    await this.#watchdog?.stop();
  }
}
