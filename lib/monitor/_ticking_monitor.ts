import { adviceFor, causeOf } from "./_advice.ts";
import { BlockLog, call as notify } from "./_block_log.ts";
import type { Call } from "./_call.ts";
import { CallTracker } from "./_call_tracker.ts";
import { CpuClock, type CpuTime } from "./_cpu_clock.ts";
import { judgeGap, leastUnexplained } from "./_gap.ts";
import { LagClock } from "./_lag_clock.ts";
import type { LoopMonitorOptions } from "./loop_monitor.ts";
import { LagWindows } from "./_windows.ts";
import type {
  BlockReport,
  CallFigures,
  LoopCounters,
  LoopMonitor,
  LoopStats,
  LoopWindow,
  MeasureOptions,
  MonitoredCall,
  MonitorMode,
} from "./types.ts";

/** A call still running this long after its block is reported without waiting for its end. */
const REPORT_WITHIN_MS = 250;
/** The thread's CPU time is read every so many ticks (3.4 µs a time). */
const TICKS_PER_CPU_SAMPLE = 5;
/** What {@linkcode startLoopMonitor} starts: a ticker, and what it tells the others. */
export class TickingMonitor implements LoopMonitor {
  readonly #thresholdMs: number;
  readonly #tickMs: number;
  readonly #graceEnds: number;
  readonly #unexplainedMs: number;
  readonly #cpu: CpuTime;
  readonly #lag: LagClock;
  readonly #windows: LagWindows;
  readonly #calls: CallTracker;
  readonly #log: BlockLog;
  readonly #callListeners = new Set<(figures: CallFigures) => void>();
  readonly #pending = new Set<Call>();
  readonly #stopTicker: () => void;
  #last: number;
  #ticksToSample = TICKS_PER_CPU_SAMPLE;
  #parked = 0;
  #suspended = 0;
  #stopped = false;

  /** @param cpu Tells the thread's CPU time; another one in tests. */
  constructor(options: LoopMonitorOptions, cpu?: CpuTime) {
    const { thresholdMs = 5, tickMs = 2, graceMs = 1000 } = options;
    if (!(tickMs > 0) || !(thresholdMs > 0)) {
      throw new RangeError(
        `Cannot start loop monitor: tickMs and thresholdMs must be above 0, got ${tickMs} and ${thresholdMs}`,
      );
    }
    const now = performance.now();
    this.#thresholdMs = thresholdMs;
    this.#tickMs = tickMs;
    this.#graceEnds = now + graceMs;
    this.#unexplainedMs = leastUnexplained(thresholdMs);
    this.#last = now;
    this.#cpu = cpu ?? new CpuClock(now);
    this.#lag = new LagClock(now, tickMs);
    this.#windows = new LagWindows(options.windowMs ?? 60_000);
    this.#log = new BlockLog({
      ring: options.ring ?? 200,
      reportEveryMs: options.reportEveryMs ?? 60_000,
      log: options.log ?? null,
    });
    this.#calls = new CallTracker(
      this.#lag,
      thresholdMs,
      options.mode ?? "auto",
      {
        ended: (call, at) => this.#ended(call, at),
        exceeded: (call) => void this.#pending.add(call),
      },
    );
    this.#stopTicker = startTicker(() => this.#tick(), tickMs);
  }

  get mode(): MonitorMode {
    return this.#calls.mode;
  }

  #tick(): void {
    const now = performance.now();
    const gap = now - this.#last;
    const unexplained = gap - this.#tickMs - this.#calls.explained;
    this.#last = now;
    const counts = unexplained <= this.#unexplainedMs ||
      this.#lookInto(unexplained, gap, now);
    if (counts) this.#windows.tick(gap, Math.max(0, gap - this.#tickMs));
    this.#lag.tick(now);
    this.#calls.tick();
    if (--this.#ticksToSample <= 0) this.#sampleCpu(now);
    for (const call of this.#pending) {
      const since = now - (call.over?.pendingAt ?? 0);
      if (call.ended || since > REPORT_WITHIN_MS) this.#report(call, now);
    }
  }

  #sampleCpu(now: number): void {
    this.#ticksToSample = TICKS_PER_CPU_SAMPLE;
    const before = this.#cpu.value;
    this.#cpu.sample(now);
    if (this.#cpu.exact) this.#windows.addCpu(this.#cpu.value - before);
  }

  /**
   * A gap that monitored calls do not explain.
   *
   * @returns Whether it counts as lag at all.
   */
  #lookInto(unexplained: number, gap: number, now: number): boolean {
    const verdict = judgeGap({
      gap,
      unexplained,
      explained: this.#calls.explained,
      ...this.#cpu.inLast(gap, now),
      exact: this.#cpu.exact,
    });
    if (verdict === "suspended") {
      this.#suspended++;
      return false;
    }
    if (verdict === "parked") {
      this.#parked++;
      return true;
    }
    if (now < this.#graceEnds) return true;
    const suspects = this.mode === "light" ? this.#suspects() : null;
    if (suspects?.count === 1 && suspects.one !== null) {
      this.#calls.addUnseen(suspects.one, unexplained, now);
    } else if (verdict === "computed") {
      this.#reportGap(unexplained, suspects?.count ?? 0, now);
    }
    return true;
  }

  /** The outermost calls that were in flight in the gap that just ended. */
  #suspects(): { count: number; one: Call | null } {
    let count = this.#calls.endedCount;
    let one = this.#calls.endedLast;
    for (const call of this.#calls.inFlight) {
      if (call.nested) continue;
      count++;
      one = call;
    }
    return { count, one };
  }

  #reportGap(ms: number, suspects: number, now: number): void {
    const where = suspects === 0
      ? "outside any handler"
      : `in one of ${suspects} handlers in flight`;
    this.#log.add(suspects === 0 ? "(outside)" : "(one of several)", {
      message: `Potential event loop blocking ${where}`,
      time: new Date().toISOString(),
      own_ms: ms,
      longest_ms: ms,
      inherited_ms: 0,
      wall_ms: null,
      threshold_ms: this.#unexplainedMs,
      route: null,
      function: null,
      culprit: null,
      stack: [],
      cause: this.#cpu.exact ? "cpu" : null,
      advice: adviceFor("cpu", null),
      trace_id: null,
    }, now);
  }

  #ended(call: Call, now: number): void {
    const { onEnd } = call.options;
    if (call.over !== null && call.over.pendingMs > 0) this.#report(call, now);
    call.release();
    if (onEnd === undefined && this.#callListeners.size === 0) return;
    const figures = call.figures();
    if (onEnd !== undefined) notify(onEnd, figures);
    for (const listener of this.#callListeners) notify(listener, figures);
  }

  #report(call: Call, now: number): void {
    this.#pending.delete(call);
    const { over } = call;
    if (over === null) return;
    const { pendingMs: longest, pendingAt: at } = over;
    over.pendingMs = 0;
    const route = call.label;
    const cpu = this.#cpu.between(at - longest, at);
    const cause = causeOf(longest, cpu);
    this.#log.add(route, {
      message: `Potential event loop blocking in ${route}`,
      time: new Date(Date.now() - (now - at)).toISOString(),
      own_ms: call.own,
      longest_ms: longest,
      inherited_ms: call.inherited(this.#lag.at(now)),
      wall_ms: call.ended ? call.wall : now - call.start,
      threshold_ms: this.#thresholdMs,
      route,
      function: over.blamed,
      culprit: null,
      stack: [],
      cause,
      advice: adviceFor(cause, route),
      trace_id: call.traceId,
    }, now);
  }

  measure<T>(
    label: string | (() => string),
    fn: (call: MonitoredCall) => T,
    options: MeasureOptions = {},
  ): T {
    if (this.#stopped) return fn(UNMEASURED);
    return this.#calls.measure(label, fn, options);
  }

  stats(): LoopStats {
    const now = performance.now();
    const { due } = this.#lag;
    const late = this.#stopped ? 0 : now - due;
    return {
      ...this.#windows.figures(),
      threshold_ms: this.#thresholdMs,
      blocks_total: this.#log.total,
      stalled_since: late > this.#thresholdMs
        ? new Date(Date.now() - late).toISOString()
        : null,
      in_flight: this.inFlight(),
    };
  }

  inFlight(): { route: string; since_ms: number }[] {
    const now = performance.now();
    return [...this.#calls.inFlight].filter((call) => !call.nested)
      .map((call) => ({ route: call.label, since_ms: now - call.start }));
  }

  blocks(limit?: number): BlockReport[] {
    return this.#log.newest(limit);
  }

  onBlock(listener: (report: BlockReport) => void): Disposable {
    return this.#log.onBlock(listener);
  }

  onCall(listener: (figures: CallFigures) => void): Disposable {
    this.#callListeners.add(listener);
    return {
      [Symbol.dispose]: () => void this.#callListeners.delete(listener),
    };
  }

  openWindow(): LoopWindow {
    return this.#windows.open(() => this.#log.total);
  }

  histogram(): { le_ms: number; count: number }[] {
    return this.#windows.total.cumulative();
  }

  counters(): LoopCounters {
    return {
      lag_sum_ms: this.#windows.total.sum,
      blocks: this.#log.total,
      parked_gaps: this.#parked,
      suspended_gaps: this.#suspended,
      unlogged: this.#log.unlogged,
    };
  }

  blockCounts(): { route: string | null; count: number; total_ms: number }[] {
    return this.#log.counts();
  }

  currentLabel(): string | null {
    return this.#calls.current?.root.label ?? null;
  }

  lagTotalMs(): number {
    return this.#lag.at(performance.now());
  }

  lagBetween(from: number, to: number): number {
    return Math.max(0, this.#lag.atPast(to) - this.#lag.atPast(from));
  }

  cpuBetween(from: number, to: number): number | null {
    return this.#cpu.between(from, to);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopTicker();
    const now = performance.now();
    for (const call of this.#pending) this.#report(call, now);
    this.#calls.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

const UNMEASURED: MonitoredCall = { ownMs: () => 0, fail: () => {} };

/** An interval that does not keep the process alive. */
function startTicker(tick: () => void, everyMs: number): () => void {
  const timer = setInterval(tick, everyMs);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
