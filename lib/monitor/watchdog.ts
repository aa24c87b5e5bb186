import { startThread } from "@loophound/toolkit/offload";
import { call } from "./_block_log.ts";
import type { Heartbeat } from "./_heartbeat.ts";
import { canEndProcess } from "./_watchdog_exit.ts";
import { openInspector } from "./_watchdog_inspector.ts";
import type {
  FromWatchdog,
  StallReport,
  ToWatchdog,
} from "./_watchdog_messages.ts";
// Only what is imported is emitted when the toolkit is packed.
import type {} from "./_watchdog_thread.ts";
import { type WatchdogStream, WatchdogWriter } from "./_watchdog_writer.ts";

export type { StallReport } from "./_watchdog_messages.ts";

/** Milliseconds that the thread may take to start before it is ended all the same. */
const START_MS = 5_000;

/** Options of {@linkcode startWatchdog}. Times in milliseconds. */
export interface WatchdogOptions {
  /**
   * The loop has stalled when it has not turned for so long.
   *
   * @default {1000}
   */
  stallMs?: number;
  /**
   * It is said again after so long, then after twice that, and so on.
   *
   * @default {1000}
   */
  repeatMs?: number;
  /**
   * The longest time between two reports of one stall.
   *
   * @default {60_000}
   */
  maxRepeatMs?: number;
  /**
   * A process whose loop has not turned for so long is ended with status 134,
   * without a chance to clean up. Null: never.
   *
   * @default {null}
   */
  exitAfterMs?: number | null;
  /**
   * Nothing counts for so long after the start: modules load.
   *
   * @default {1000}
   */
  graceMs?: number;
  /**
   * Opens the process's inspector on a random port of 127.0.0.1 and prints
   * where a stalled loop is. Whoever can reach the port can run code: for
   * development.
   *
   * @default {false}
   */
  liveStack?: boolean;
  /** @default {"json"} */
  format?: "json" | "pretty";
  /**
   * Colours in the pretty format.
   *
   * @default {!Deno.noColor}
   */
  colors?: boolean;
  /** @default {"stderr"} */
  stream?: WatchdogStream;
  /**
   * Goes into every line, for several processes that share a log.
   *
   * @default {null}
   */
  name?: string | null;
}

/** What the watchdog can do here. */
export interface WatchdogSupport {
  /** It can say that the loop stalls, and where. */
  watch: boolean;
  /** It can end the process. */
  exit: boolean;
  /** In plain words, what it cannot do and why. */
  missing: readonly string[];
}

/** Watches the loop from a thread. Made by {@linkcode startWatchdog}. */
export interface Watchdog extends AsyncDisposable {
  /** False when its thread has ended, by `stop()` or by a fault of its own. */
  readonly alive: boolean;
  /** Why there are no live stacks although they were asked for, else null. */
  readonly liveStackMissing: string | null;
  /**
   * Called when a reported stall is over: the loop turns again, and
   * `stalled_ms` is its whole duration, give or take 20.
   */
  onStall(listener: (report: StallReport) => void): Disposable;
  /** Ends the thread, and closes the inspector if the watchdog opened it. */
  stop(): Promise<void>;
}

/**
 * What {@linkcode startWatchdog} could do on this host.
 *
 * @returns Abilities, and reasons for what is missing.
 */
export function watchdogSupport(): WatchdogSupport {
  const watch = typeof Worker !== "undefined" &&
    typeof SharedArrayBuffer !== "undefined";
  const { can, missing } = canEndProcess();
  return {
    watch,
    exit: watch && can,
    missing: [
      ...(watch ? [] : ["A stall is not told while it lasts: no threads here"]),
      ...(missing === null ? [] : [missing]),
    ],
  };
}

/**
 * Starts a thread that watches the loop of a {@linkcode Heartbeat}'s owner and
 * says *while* it stalls which call holds it, and for how long:
 * `Event loop stalled in GET /x for 1.0 s and counting`. It writes by itself,
 * since the loop cannot.
 *
 * Time in which the whole process stood still does not count, nor does a
 * debugger's pause. The thread does not keep the process alive (on Deno before
 * 2.9 it does, until it is stopped).
 *
 * @param heartbeat Where the loop says that it turns.
 * @param options When to speak, and where.
 * @returns The running watchdog; who starts it stops it (`await using`).
 * @throws {Error} The host has no threads, or `exitAfterMs` is given and the
 * watchdog cannot end this process.
 * @throws {RangeError} A time is not above 0, or `stallMs` below 50.
 */
export function startWatchdog(
  heartbeat: Heartbeat,
  options: WatchdogOptions = {},
): Watchdog {
  const limits = limitsOf(options);
  const { liveStack = false, stream = "stderr" } = options;
  const support = watchdogSupport();
  if (!support.watch || (limits.exitAfterMs !== null && !support.exit)) {
    throw new Error(`Cannot start watchdog: ${support.missing.join("; ")}`);
  }
  const thread = startThread(
    new URL("./_watchdog_thread.ts", import.meta.url),
    // The other kind would keep the process alive.
    { name: "watchdog", kind: "node", maxHeapMb: 64 },
  );
  thread.unref();
  const post = (message: ToWatchdog) => thread.post(message);
  const inspector = openInspector(liveStack, (state) => {
    post({ inspector: state });
  });
  post({
    init: {
      buffer: heartbeat.buffer,
      limits,
      liveStack: liveStack && inspector.missing === null,
      format: options.format ?? "json",
      colors: options.colors ?? !Deno.noColor,
      stream,
      name: options.name ?? null,
    },
  });
  const listeners = new Set<(report: StallReport) => void>();
  let alive = true;
  let stopping: Promise<void> | undefined;
  const { promise: ready, resolve: onReady } = Promise.withResolvers<void>();
  thread.onMessage((message) => {
    const said = message as FromWatchdog;
    if ("ready" in said) return onReady();
    for (const listener of listeners) call(listener, said.stall);
  });
  void thread.ended.then(({ error }) => {
    alive = false;
    onReady();
    inspector.close();
    if (stopping !== undefined) return;
    // Nothing watches any more: that must not pass unnoticed, nor end anything.
    const why = error === undefined ? "" : `: ${error.message}`;
    void new WatchdogWriter(stream).write(`Watchdog thread ended${why}\n`);
  });
  const stop = () =>
    stopping ??= (async () => {
      alive = false;
      inspector.close();
      // A thread that still loads its modules cannot be ended at once.
      let timer: ReturnType<typeof setTimeout> | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, START_MS);
      });
      await Promise.race([ready, patience]);
      clearTimeout(timer);
      await thread.terminate();
    })();
  return {
    get alive() {
      return alive;
    },
    liveStackMissing: inspector.missing,
    onStall(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function limitsOf(options: WatchdogOptions) {
  const {
    stallMs = 1_000,
    repeatMs = 1_000,
    maxRepeatMs = 60_000,
    exitAfterMs = null,
    graceMs = 1_000,
  } = options;
  if (!(stallMs >= 50)) {
    throw new RangeError(
      `Cannot start watchdog: stallMs must be at least 50, got ${stallMs}`,
    );
  }
  for (
    const [name, value] of Object.entries({
      repeatMs,
      maxRepeatMs,
      exitAfterMs: exitAfterMs ?? 1,
    })
  ) {
    if (!(value > 0)) {
      throw new RangeError(
        `Cannot start watchdog: ${name} must be above 0, got ${value}`,
      );
    }
  }
  return { stallMs, repeatMs, maxRepeatMs, exitAfterMs, graceMs };
}
