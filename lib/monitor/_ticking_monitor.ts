import { BlockDesk } from "./_block_desk.ts";
import { BlockLog, call as notify } from "./_block_log.ts";
import type { Call } from "./_call.ts";
import { CallTracker } from "./_call_tracker.ts";
import { CpuClock, type CpuTime } from "./_cpu_clock.ts";
import { printBlock } from "./format_block.ts";
import { GapWatch } from "./_gap_watch.ts";
import type { Heartbeat } from "./_heartbeat.ts";
import { LagClock } from "./_lag_clock.ts";
import { OwnTime } from "./_own_time.ts";
import { stderrPrinter } from "./_printer.ts";
import { Profiling } from "./_profiling.ts";
import { type LoopTotals, Saturation } from "./_saturation.ts";
import type { LoopMonitorOptions } from "./loop_monitor.ts";
import { unrefTimer } from "./_unref_timer.ts";
import { Watching } from "./_watching.ts";
import { LagWindows } from "./_windows.ts";
import { isInspected } from "./_watchdog_inspector.ts";
import type { StallReport } from "./_watchdog_messages.ts";
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
  SaturationReport,
} from "./types.ts";

/** A call still running this long after its block is reported without waiting for its end. */
const REPORT_WITHIN_MS = 250;
/**
 * The thread's CPU time, and how long it waited for a core, are read every so
 * many ticks: 10 µs in a row, but up to 100 µs when they wake an idle thread.
 */
const TICKS_PER_CPU_SAMPLE = 10;
/** A tick that comes so late takes a sample, too. */
const LATE_MS = 1;

/** What {@linkcode startLoopMonitor} starts: a ticker, and what it tells the others. */
export class TickingMonitor implements LoopMonitor {
  readonly #thresholdMs: number;
  readonly #tickMs: number;
  #graceEnds: number;
  readonly #profiling: Profiling;
  readonly #desk: BlockDesk;
  readonly #gaps: GapWatch;
  readonly #own: OwnTime;
  readonly #saturation: Saturation;
  readonly #saturationListeners = new Set<
    (report: SaturationReport) => void
  >();
  readonly #watching: Watching;
  readonly #heartbeat: Heartbeat | null;
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
  #stopped = false;
  #starting = true;

  /** @param cpu Tells the thread's CPU time; another one in tests. */
  constructor(options: LoopMonitorOptions, cpu?: CpuTime) {
    const { thresholdMs = 5, tickMs = 2, graceMs = 1000 } = options;
    if (!(tickMs > 0) || !(thresholdMs > 0)) {
      throw new RangeError(
        `Cannot start loop monitor: tickMs and thresholdMs must be above 0, got ${tickMs} and ${thresholdMs}`,
      );
    }
    this.#thresholdMs = thresholdMs;
    this.#tickMs = tickMs;
    this.#lag = new LagClock(performance.now(), tickMs);
    this.#watching = new Watching(options.watchdog ?? false);
    this.#heartbeat = this.#watching.heartbeat;
    this.#calls = new CallTracker(
      this.#lag,
      thresholdMs,
      options.mode ?? "auto",
      {
        ended: (call, at) => this.#ended(call, at),
        exceeded: (call) => void this.#pending.add(call),
      },
      this.#heartbeat,
    );
    this.#own = new OwnTime(
      thresholdMs,
      (from, to) =>
        this.#delayBetween(from, to) + this.#cpu.stolenBetween(from, to),
    );
    // After what may throw, and before any time is taken: it holds the loop.
    this.#profiling = this.#startProfile(options.profile ?? "auto");
    const now = performance.now();
    this.#graceEnds = now + graceMs;
    this.#last = now;
    this.#cpu = cpu ?? new CpuClock(now);
    this.#windows = new LagWindows(options.windowMs ?? 60_000);
    this.#log = new BlockLog({
      ring: options.ring ?? 200,
      reportEveryMs: options.reportEveryMs ?? 60_000,
      log: options.log === undefined ? printBlock : options.log,
    });
    this.#desk = new BlockDesk(this.#log, this.#profiling);
    this.#gaps = new GapWatch({
      thresholdMs,
      tickMs,
      calls: this.#calls,
      cpu: this.#cpu,
      profiling: this.#profiling,
      desk: this.#desk,
      delayBetween: (from, to) => this.#delayBetween(from, to),
      isStartup: (now) => now < this.#graceEnds,
    });
    this.#saturation = new Saturation(now, this.#totals(now));
    this.#stopTicker = startTicker(() => this.#tick(), tickMs);
  }

  #startProfile(wanted: "auto" | "rolling" | "off"): Profiling {
    try {
      return new Profiling(wanted, performance.now(), this.#own);
    } catch (error) {
      this.#calls.stop();
      this.#watching.stop();
      throw error;
    }
  }

  get mode(): MonitorMode {
    return this.#calls.mode;
  }

  get profile(): { on: boolean; why: string | null } {
    return {
      on: this.#profiling.profile !== null,
      why: this.#profiling.why,
    };
  }

  get watchdog(): { on: boolean; why: string | null } {
    return { on: this.#watching.on, why: this.#watching.why };
  }

  onStall(listener: (report: StallReport) => void): Disposable {
    return this.#watching.onStall(listener);
  }

  #tick(): void {
    const now = performance.now();
    const gap = now - this.#last;
    this.#last = now;
    const counts = this.#gaps.look(gap, now);
    if (counts) this.#windows.tick(gap, Math.max(0, gap - this.#tickMs));
    this.#lag.tick(now);
    this.#calls.tick();
    // A late tick may be the first sign of a fight for the cores: from there
    // on it is worth knowing exactly when the thread had none.
    const late = gap > this.#tickMs + LATE_MS;
    if (--this.#ticksToSample <= 0 || late) this.#sampleCpu(now, late);
    for (const call of this.#pending) {
      const since = now - (call.over?.pendingAt ?? 0);
      if (call.ended || since > REPORT_WITHIN_MS) this.#report(call, now);
    }
    this.#profiling.tick(now);
    this.#desk.tick(now);
    if (this.#saturation.due(now)) this.#lookAtSaturation(now);
    if (this.#starting && now >= this.#graceEnds) {
      this.#starting = false;
      this.#own.reset();
    }
    this.#heartbeat?.beat(now);
    this.#own.add(now, performance.now());
  }

  #totals(now: number): LoopTotals {
    return {
      cpuMs: this.#cpu.exact ? this.#cpu.value : null,
      preemptedMs: this.#cpu.delay,
      lateMs: this.#lag.at(now),
    };
  }

  #lookAtSaturation(now: number): void {
    for (const call of this.#calls.inFlight) {
      if (!call.nested) this.#countOwn(call, false);
    }
    const report = this.#saturation.close(now, this.#totals(now));
    if (report === null) return;
    for (const listener of this.#saturationListeners) notify(listener, report);
  }

  #countOwn(call: Call, ended: boolean): void {
    this.#saturation.add(call.label, call.own - call.counted, ended);
    call.counted = call.own;
  }

  #sampleCpu(now: number, late: boolean): void {
    this.#ticksToSample = TICKS_PER_CPU_SAMPLE;
    const { value: before } = this.#cpu;
    this.#cpu.sample(now, late);
    if (this.#cpu.exact) this.#windows.addCpu(this.#cpu.value - before);
  }

  #ended(call: Call, now: number): void {
    const { onEnd } = call.options;
    if (call.over !== null && call.over.pendingMs > 0) this.#report(call, now);
    if (!call.nested) this.#countOwn(call, true);
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
    const span = { from: at - longest, to: at };
    this.#desk.add({
      kind: "call",
      span,
      except: [],
      ms: longest,
      thresholdMs: this.#thresholdMs,
      preemptedMs: this.#delayBetween(span.from, span.to),
      stolenMs: this.#cpu.stolenBetween(span.from, span.to),
      cpuMs: this.#cpu.between(span.from, span.to),
      inspected: isInspected(),
    }, {
      time: new Date(Date.now() - (now - at)).toISOString(),
      own_ms: call.own,
      inherited_ms: call.inherited(this.#lag.at(now)),
      wall_ms: call.ended ? call.wall : now - call.start,
      route,
      function: over.blamed,
      trace_id: call.traceId,
      startup: false,
    }, { now, onBlock: call.options.onBlock });
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
      blocks_total: this.#blocksSoFar(),
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
    const held: BlockReport[] = this.#desk.held().reverse().map((facts) => ({
      ...facts,
      level: "warning",
      count: 1,
    }));
    return [...held, ...this.#log.newest(limit)].slice(0, limit);
  }

  onBlock(listener: (report: BlockReport) => void): Disposable {
    return this.#log.onBlock(listener);
  }

  onSaturation(listener: (report: SaturationReport) => void): Disposable {
    this.#saturationListeners.add(listener);
    return {
      [Symbol.dispose]: () => void this.#saturationListeners.delete(listener),
    };
  }

  endGrace(): void {
    this.#graceEnds = performance.now();
  }

  async settled(): Promise<void> {
    const now = performance.now();
    for (const call of this.#pending) this.#report(call, now);
    await this.#desk.empty();
    // What it still reads would end in somebody else's time.
    await this.#profiling.work.idle();
  }

  onCall(listener: (figures: CallFigures) => void): Disposable {
    this.#callListeners.add(listener);
    return {
      [Symbol.dispose]: () => void this.#callListeners.delete(listener),
    };
  }

  #delayBetween(from: number, to: number): number {
    return this.#cpu.delayBetween(
      from,
      to,
      (a, b) => this.lagBetween(a, b),
    );
  }

  #blocksSoFar(): number {
    return this.#log.total + this.#desk.heldCount;
  }

  openWindow(): LoopWindow {
    return this.#windows.open(() => this.#blocksSoFar());
  }

  histogram(): { le_ms: number; count: number }[] {
    return this.#windows.total.cumulative();
  }

  counters(): LoopCounters {
    return {
      lag_sum_ms: this.#windows.total.sum,
      blocks: this.#log.total,
      parked_gaps: this.#gaps.parked + this.#desk.verdicts.idle,
      suspended_gaps: this.#gaps.suspended + this.#desk.verdicts.suspended,
      preempted_gaps: this.#desk.verdicts.preempted,
      paused_gaps: this.#desk.verdicts.paused,
      unlogged: this.#log.unlogged,
      monitor_total_ms: this.#own.totalMs,
      monitor_longest_ms: this.#own.longestMs,
      monitor_blocks: this.#own.over,
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
    this.#desk.stop(now);
    this.#profiling.work.stop();
    this.#calls.stop();
    this.#watching.stop();
    this.#profiling[Symbol.dispose]();
    this.#cpu.close();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stopped) await this.settled();
    this.stop();
    await this.#profiling.work.idle();
    await this.#watching.stop();
    await stderrPrinter().flushed();
  }
}

const UNMEASURED: MonitoredCall = { ownMs: () => 0, fail: () => {} };

/** An interval that does not keep the process alive. */
function startTicker(tick: () => void, everyMs: number): () => void {
  const timer = setInterval(tick, everyMs);
  unrefTimer(timer);
  return () => clearInterval(timer);
}
