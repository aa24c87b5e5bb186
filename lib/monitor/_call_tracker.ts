import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { hookCallbacks } from "./_callback_hooks.ts";
import { Call, CallList, Overrun } from "./_call.ts";
import type { Span } from "./_explain.ts";
import type { Heartbeat } from "./_heartbeat.ts";
import type { LagClock } from "./_lag_clock.ts";
import { hookPromises } from "./_promise_hooks.ts";
import type { MeasureOptions, MonitoredCall, MonitorMode } from "./types.ts";

/**
 * Two continuations this close together belong to one turn, unless something
 * else says that the loop has turned. Measured between continuations of one
 * turn: p99 0.9 µs; between turns of `setImmediate`: 2.4 µs (hence `#watchTurn`),
 * of sockets and timers: 23 µs and more.
 */
const SAME_TURN_MS = 0.02;

/** A stretch this long makes it worth asking for word of the turn's end. */
const WATCH_TURN_MS = 0.3;

/** Stretches so long are remembered until the next tick. */
const NOTED_MS = 1;

/** What the tracker tells its owner. */
export interface CallEvents {
  ended(call: Call, now: number): void;
  /** A stretch of the outermost call came over the threshold. */
  exceeded(call: Call): void;
}

/**
 * Knows which monitored call runs when. Sums up each call's stretches: what
 * it ran synchronously when called and, in `exact` mode, each continuation
 * after an await.
 */
export class CallTracker {
  mode: MonitorMode;
  readonly inFlight = new CallList();
  /** Milliseconds since the last tick that monitored calls account for. */
  explained = 0;
  /** The longer ones of these stretches. */
  spans: Span[] = [];
  /** Outermost calls that ended since the last tick: how many, and the newest. */
  endedCount = 0;
  endedLast: Call | null = null;
  readonly #context = new AsyncLocalStorage<Call>();
  readonly #lag: LagClock;
  readonly #thresholdMs: number;
  readonly #events: CallEvents;
  readonly #heartbeat: Heartbeat | null;
  #turn = 0;
  #turnWatched = false;
  /** End of the newest stretch. */
  #lastEnd = 0;
  /** The call whose stretch is running, and since when. */
  #open: Call | undefined;
  #openSince = 0;
  #stopHooks: (() => void) | null = null;
  #stopCallbackHooks: (() => void) | null = null;
  #hooksSeen = false;
  readonly #turnEnded = () => {
    this.#turnWatched = false;
    this.#turn++;
  };

  constructor(
    lag: LagClock,
    thresholdMs: number,
    wanted: "auto" | MonitorMode,
    events: CallEvents,
    heartbeat: Heartbeat | null = null,
  ) {
    this.#lag = lag;
    this.#thresholdMs = thresholdMs;
    this.#events = events;
    this.#heartbeat = heartbeat;
    if (wanted !== "light") {
      this.#stopHooks = hookPromises(
        () => this.#before(),
        () => this.#after(),
      );
    }
    if (this.#stopHooks !== null) {
      this.#stopCallbackHooks = hookCallbacks(
        () => this.#beforeCallback(),
        () => this.#afterCallback(),
      );
    }
    this.mode = this.#stopHooks === null ? "light" : "exact";
    if (wanted === "exact" && this.mode === "light") {
      throw new Error(
        'Cannot start loop monitor in mode "exact": this host has no promise hooks',
      );
    }
    // A host may have the hooks and never call them.
    if (this.#stopHooks !== null) {
      Promise.resolve().then(() => {}).then(() => {
        if (!this.#hooksSeen) this.#unhook();
      });
    }
  }

  get current(): Call | undefined {
    return this.#context.getStore();
  }

  #unhook(): void {
    this.#stopHooks?.();
    this.#stopCallbackHooks?.();
    this.#stopHooks = this.#stopCallbackHooks = null;
    this.mode = "light";
  }

  stop(): void {
    this.#unhook();
    this.#context.disable();
    this.inFlight.clear();
    this.endedLast = null;
  }

  // The two hooks run around every continuation in the process: whatever
  // belongs to no monitored call leaves at the first line.
  #before(): void {
    const call = this.#context.getStore();
    if (call === undefined) {
      this.#hooksSeen = true;
      return;
    }
    const now = performance.now();
    this.#startStretch(now);
    this.#open = call;
    this.#openSince = now;
    this.#heartbeat?.enter(call.labelId, now);
  }

  #beforeCallback(): void {
    if (this.#context.getStore() !== undefined) this.#before();
  }

  /** The end of the turn is not asked for: the asking would itself be such a callback. */
  #afterCallback(): void {
    this.#closeStretch();
  }

  #after(): void {
    const call = this.#closeStretch();
    if (call === undefined) return;
    if (call.turnMs > WATCH_TURN_MS && !this.#turnWatched) this.#watchTurn();
  }

  #closeStretch(): Call | undefined {
    const call = this.#open;
    if (call === undefined) return undefined;
    this.#open = undefined;
    this.#heartbeat?.leave();
    const now = performance.now();
    this.#lastEnd = now;
    this.#addOutermost(call, this.#openSince, now);
    return call;
  }

  /** Same turn as the stretch before, or another? */
  #startStretch(now: number): void {
    // While the turn is watched its end will be told: a pause of the thread
    // between two microtasks does not make two stretches of one.
    const pause = now - this.#lastEnd;
    if (!this.#turnWatched && pause > SAME_TURN_MS) this.#turn++;
    // Between two continuations of a turn only the runtime runs: in a flood of
    // short ones that is half of the time, and no gap of anybody else's.
    else this.explained += pause;
  }

  /** A next-tick callback set from a microtask runs when the turn's last microtask is done. */
  #watchTurn(): void {
    this.#turnWatched = true;
    process.nextTick(this.#turnEnded);
  }

  /** The loop has turned: whatever comes is another stretch. */
  tick(): void {
    this.#turn++;
    this.#turnWatched = false;
    this.#open = undefined;
    this.explained = 0;
    if (this.spans.length > 0) this.spans = [];
    this.endedCount = 0;
    this.endedLast = null;
  }

  measure<T>(
    label: string | (() => string),
    fn: (call: MonitoredCall) => T,
    options: MeasureOptions,
  ): T {
    const start = performance.now();
    // Calls that have ended count for nothing: no chain of them is kept.
    let parent = this.#context.getStore();
    while (parent?.ended) parent = parent.parent;
    const call = new Call(
      this,
      label,
      options,
      start,
      this.#lag.at(start),
      parent,
    );
    this.inFlight.add(call);
    // The watchdog must know the name before the call can hold the loop.
    const heartbeat = this.#heartbeat;
    if (heartbeat !== null) call.labelId = heartbeat.idOf(call.root.label);
    // Inside a running stretch of a call around this one, that stretch counts
    // the time for all; this one counts it for this call alone.
    const outermost = this.#open === undefined;
    if (outermost) {
      this.#startStretch(start);
      this.#open = call;
      this.#openSince = start;
      heartbeat?.enter(call.labelId, start);
    }
    let result: T;
    try {
      result = this.#context.run(call, fn, call);
    } catch (error) {
      call.failed = true;
      this.#end(call, this.#leave(call, start, outermost));
      throw error;
    }
    const now = this.#leave(call, start, outermost);
    if (!(result instanceof Promise)) {
      this.#end(call, now);
      return result;
    }
    return result.then((value) => {
      this.#end(call, performance.now());
      return value;
    }, (error) => {
      call.failed = true;
      this.#end(call, performance.now());
      throw error;
    }) as T;
  }

  #leave(call: Call, start: number, outermost: boolean): number {
    const now = performance.now();
    if (outermost) {
      this.#open = undefined;
      this.#heartbeat?.leave();
      this.#lastEnd = now;
      this.#addOutermost(call, start, now);
    } else this.#add(call, now - start, this.#lagOf(start, now));
    return now;
  }

  #end(call: Call, now: number): void {
    if (call.ended) return;
    call.ended = true;
    call.wall = now - call.start;
    call.lagAtEnd = this.#lag.at(now);
    this.inFlight.remove(call);
    if (!call.nested) {
      this.endedCount++;
      this.endedLast = call;
    }
    this.#events.ended(call, now);
  }

  /** Adds a stretch to its call and to those around it that still run. */
  #addOutermost(call: Call, from: number, to: number): void {
    const ms = to - from;
    const lag = this.#lagOf(from, to);
    this.explained += ms;
    if (ms >= NOTED_MS) this.spans.push({ from, to });
    this.#add(call, ms, lag);
    for (let up = call.parent; up !== undefined; up = up.parent) {
      if (!up.ended) this.#add(up, ms, lag);
    }
  }

  /** The part of a stretch in which the coming tick was already late. */
  #lagOf(from: number, to: number): number {
    const due = this.#lag.due;
    return to <= due ? 0 : to - (from > due ? from : due);
  }

  /** Adds time that only the ticker saw (`light` mode). */
  addUnseen(call: Call, ms: number, now: number): void {
    this.#turn++;
    this.#lastEnd = now;
    this.#add(call, ms, ms);
  }

  #add(call: Call, ms: number, lag: number): void {
    call.own += ms;
    call.ownLag += lag;
    if (call.turn === this.#turn) call.turnMs += ms;
    else {
      call.turn = this.#turn;
      call.turnMs = ms;
    }
    if (call.turnMs > call.longest) call.longest = call.turnMs;
    if (call.turnMs > this.#thresholdMs) this.#exceed(call);
  }

  #exceed(call: Call): void {
    if (call.nested) {
      // The outermost call reports; this one gives it the function's name.
      // Of calls in calls the innermost is named that had at least half.
      const { root } = call;
      const over = root.over ??= new Overrun();
      if (over.innerTurn !== this.#turn || call.turnMs > 2 * over.innerMs) {
        over.inner = call;
        over.innerTurn = this.#turn;
        over.innerMs = call.turnMs;
      }
      return;
    }
    const over = call.over ??= new Overrun();
    if (call.turnMs <= over.pendingMs) return;
    over.pendingMs = call.turnMs;
    over.pendingAt = this.#lastEnd;
    const { inner } = over;
    over.blamed = inner !== null && over.innerTurn === this.#turn &&
        over.innerMs >= call.turnMs / 2
      ? inner.functionName ?? inner.label
      : call.functionName;
    this.#events.exceeded(call);
  }

  ownSoFar(call: Call): number {
    if (this.#open !== call) return call.own;
    return call.own + performance.now() - this.#openSince;
  }
}
