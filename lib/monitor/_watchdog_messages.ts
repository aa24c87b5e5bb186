import type { StallLimits } from "./_watchdog_clock.ts";
import type { WatchdogStream } from "./_watchdog_writer.ts";
import type { Culprit } from "./types.ts";

/** A stall of the loop, as the watchdog tells it. Times in milliseconds. */
export interface StallReport {
  /** `Event loop stalled in GET /api/genes/:symbol for 1.0 s and counting`. */
  message: string;
  /** The call that held the loop; null outside any handler. */
  route: string | null;
  /** ISO time. */
  since: string;
  stalled_ms: number;
  /** How often it has been said, this time included. */
  reports: number;
  /** With `liveStack`: the function that held the loop. */
  culprit: Culprit | null;
  /** With `liveStack`: `function (file:line:column)`, innermost first. */
  stack: string[];
}

/** What the thread is told first. */
export interface WatchdogInit {
  buffer: SharedArrayBuffer;
  limits: StallLimits;
  liveStack: boolean;
  format: "json" | "pretty";
  colors: boolean;
  stream: WatchdogStream;
  name: string | null;
}

/** What the loop tells the thread. */
export type ToWatchdog = { init: WatchdogInit } | {
  inspector: {
    /** Where the main loop can be looked at, if anywhere. */
    url: string | null;
    /** A debugger may hold the loop, and the thread may not ask it. */
    blind: boolean;
  };
};

/** What the thread tells the loop. */
export type FromWatchdog = { ready: true } | { stall: StallReport };
