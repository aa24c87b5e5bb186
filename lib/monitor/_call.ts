import type { CallFigures, MeasureOptions, MonitoredCall } from "./types.ts";
import type { CallTracker } from "./_call_tracker.ts";

/** What is kept of a call only once a stretch of it was too long. */
export class Overrun {
  /** Longest stretch over the threshold not yet reported, and its end. */
  pendingMs = 0;
  pendingAt = 0;
  /** Name of the function that had most of that stretch. */
  blamed: string | null = null;
  /** The innermost monitored call inside this one, by its stretch. */
  inner: Call | null = null;
  innerTurn = -1;
  innerMs = 0;
}

/**
 * One monitored call. Times are those of `performance.now()`.
 *
 * One is made for each request: fields are few, and what only a report needs
 * is in `over`.
 */
export class Call implements MonitoredCall {
  readonly parent: Call | undefined;
  readonly functionName: string | null;
  /** Let go of at the end, see `release`. */
  options: MeasureOptions;
  readonly start: number;
  readonly lagAtStart: number;
  own = 0;
  /** The part of `own` by which this call itself made the loop late. */
  ownLag = 0;
  longest = 0;
  /** The turn of the loop that `turnMs` is about. */
  turn = -1;
  /** Own time within one turn: one stretch. */
  turnMs = 0;
  /** The part of `own` that the figures by route have. */
  counted = 0;
  /** Number of the label in the heartbeat's table. */
  labelId = 0;
  failed = false;
  ended = false;
  /** After the end: wall time, and the lag total then. */
  wall = 0;
  lagAtEnd = 0;
  over: Overrun | null = null;
  /** Neighbours among the calls in flight. */
  older: Call | null = null;
  newer: Call | null = null;
  readonly #tracker: CallTracker;
  #label: string | (() => string);

  constructor(
    tracker: CallTracker,
    label: string | (() => string),
    options: MeasureOptions,
    start: number,
    lagAtStart: number,
    parent: Call | undefined,
  ) {
    this.#tracker = tracker;
    this.#label = label;
    this.options = options;
    this.functionName = options.function ?? null;
    this.parent = parent;
    this.start = start;
    this.lagAtStart = lagAtStart;
  }

  /** What is known by now; a label that is a function is asked again until the end. */
  get label(): string {
    const label = this.#label;
    if (typeof label === "string") return label;
    try {
      return label();
    } catch (error) {
      // A report must not fail for want of a name.
      return `(label failed: ${error instanceof Error ? error.message : "?"})`;
    }
  }

  /**
   * Lets go of what options and label close over: a whole request, where Hono
   * is measured. The host keeps a call's async context, and with it the call,
   * for longer than the call runs; with requests in it each scavenge of a
   * constant answer at full speed took 4 times as long. What a call does
   * after its end still has its label.
   */
  release(): void {
    this.#label = this.label;
    this.options = RELEASED;
  }

  /** Asked for only by a report, maybe when what it reads is gone already. */
  get traceId(): string | null {
    try {
      return this.options.traceId?.() ?? null;
    } catch {
      return null;
    }
  }

  /** The outermost call still running around this one, else itself. */
  get root(): Call {
    // deno-lint-ignore no-this-alias -- walks up from here
    let root: Call = this;
    for (let up = this.parent; up !== undefined; up = up.parent) {
      if (!up.ended) root = up;
    }
    return root;
  }

  get nested(): boolean {
    for (let up = this.parent; up !== undefined; up = up.parent) {
      if (!up.ended) return true;
    }
    return false;
  }

  ownMs(): number {
    return this.#tracker.ownSoFar(this);
  }

  fail(): void {
    this.failed = true;
  }

  /** Figures of a call that has ended. */
  figures(): CallFigures {
    return {
      label: this.label,
      own_ms: this.own,
      longest_ms: this.longest,
      inherited_ms: this.inherited(this.lagAtEnd),
      wall_ms: this.wall,
      failed: this.failed,
    };
  }

  inherited(lagNow: number): number {
    const lag = (this.ended ? this.lagAtEnd : lagNow) - this.lagAtStart;
    return Math.max(0, lag - this.ownLag);
  }
}

const RELEASED: MeasureOptions = {};

/** The calls in flight, oldest first. A Set would rehash at every call. */
export class CallList {
  #oldest: Call | null = null;
  #newest: Call | null = null;

  add(call: Call): void {
    call.older = this.#newest;
    if (this.#newest === null) this.#oldest = call;
    else this.#newest.newer = call;
    this.#newest = call;
  }

  remove(call: Call): void {
    const { older, newer } = call;
    if (older !== null) older.newer = newer;
    else if (this.#oldest === call) this.#oldest = newer;
    if (newer !== null) newer.older = older;
    else if (this.#newest === call) this.#newest = older;
    call.older = call.newer = null;
  }

  clear(): void {
    this.#oldest = this.#newest = null;
  }

  *[Symbol.iterator](): Generator<Call, void> {
    for (let call = this.#oldest; call !== null; call = call.newer) yield call;
  }
}
