import {
  culpritOf,
  formatFrame,
  type StackFrame,
} from "@loophound/toolkit/stack";
import { scopedRules } from "./allow.ts";
import type { Watcher } from "./_entry.ts";
import { CallLog, type Who } from "./_call_log.ts";
import { allowanceFor, allowing, type Rule } from "./_rules.ts";
import { StackBudget } from "./_stack_budget.ts";
import type { SyncCall } from "./_sync_call.ts";
import { SyncCallError } from "./errors.ts";
import { formatSyncCall } from "./format.ts";
import type {
  Allowance,
  GuardNotice,
  GuardOptions,
  SyncCallCount,
  SyncCallReport,
} from "./types.ts";

// Held, so that a program that replaces the clock does not change the grace.
const now = performance.now.bind(performance);

/** Decides about calls, and tells of those that nothing allows. */
export class CallWatcher implements Watcher {
  armedAt: number;
  readonly slowMs: number;
  readonly #action: NonNullable<GuardOptions["action"]>;
  readonly #rules: readonly Rule[];
  readonly #log: CallLog;
  readonly #print: Exclude<GuardOptions["log"], undefined>;
  readonly #notify: (notice: GuardNotice) => void;
  readonly #listeners = new Set<(report: SyncCallReport) => void>();
  readonly #expired = new Set<string>();
  readonly #budget: StackBudget;
  monitor: Exclude<GuardOptions["monitor"], undefined>;

  constructor(options: GuardOptions) {
    const {
      action = "log",
      allow = [],
      graceMs = 1000,
      log = (report, unlogged) =>
        console.warn(formatSyncCall(report, unlogged)),
      monitor = null,
      notify = ({ message }) => console.warn(message),
      reportEveryMs = 60_000,
      ring = 200,
      slowMs = 5,
      stacksPerSecond = 100,
    } = options;
    this.#action = action;
    this.#rules = allow.map(allowing);
    this.#log = new CallLog({ ring, reportEveryMs });
    this.#print = action === "log" ? log : null;
    this.#notify = notify;
    this.#budget = new StackBudget(
      action === "throw" ? Infinity : stacksPerSecond,
    );
    this.monitor = monitor;
    this.slowMs = slowMs;
    this.armedAt = now() + graceMs;
    for (const { allowance, expiresAt } of this.#rules) {
      if (allowance !== null && expiresAt <= Date.now()) {
        this.#tellExpired(allowance);
      }
    }
  }

  get armed(): boolean {
    return now() >= this.armedAt;
  }

  examine(call: SyncCall): void {
    this.#budget.examine(call);
  }

  before(call: SyncCall): Error | null {
    if (this.#action !== "throw" || this.#allowanceFor(call) !== null) {
      return null;
    }
    return this.#tell(call, null);
  }

  after(call: SyncCall): Error | null {
    const allowance = this.#allowanceFor(call);
    const within = allowance?.maxMs === undefined ||
      (call.durationMs ?? 0) <= allowance.maxMs;
    return allowance !== null && within ? null : this.#tell(call, allowance);
  }

  onCall(listener: (report: SyncCallReport) => void): Disposable {
    // A listener of its own each time: the same function may be given twice.
    const own = (report: SyncCallReport) => listener(report);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  calls(limit?: number): SyncCallReport[] {
    return this.#log.newest(limit);
  }

  counts(): SyncCallCount[] {
    return this.#log.counts();
  }

  #allowanceFor(call: SyncCall): Allowance | null {
    return allowanceFor(this.#allRules(), {
      id: call.api.id,
      frames: () => this.#budget.examine(call)?.frames ?? [],
      onExpired: (allowance) => this.#tellExpired(allowance),
    });
  }

  *#allRules(): Generator<Rule> {
    yield* scopedRules();
    yield* this.#rules;
  }

  #tellExpired({ reason, expires }: Allowance): void {
    const key = `${reason}\n${expires}`;
    if (this.#expired.has(key)) return;
    this.#expired.add(key);
    call(this.#notify, {
      kind: "expired_allowance",
      message:
        `Allowance of synchronous calls expired on ${expires}: ${reason}`,
    });
  }

  #tell(it: SyncCall, exceeded: Allowance | null): Error | null {
    const origin = this.#budget.examine(it);
    if (origin?.internal === true) return null;
    const who: Who = {
      api: it.api.id,
      route: this.monitor?.currentLabel() ?? null,
      culprit: origin === null ? null : culpritOf(origin.frames),
      examined: origin !== null,
    };
    const count = this.#log.count(who, it.durationMs);
    if (origin === null) return null;
    const report = this.#report(it, who, {
      frames: origin.frames,
      count,
      exceeded,
    });
    this.#log.keep(who, report);
    for (const listener of this.#listeners) call(listener, report);
    if (this.#action === "throw") {
      const error = new SyncCallError(report);
      it.trim(error);
      return error;
    }
    const print = this.#print;
    if (print !== null) {
      const unlogged = this.#log.turn(who, now());
      if (unlogged !== null) call((one) => print(one, unlogged), report);
    }
    return null;
  }

  #report(
    { api, durationMs, size }: SyncCall,
    { route, culprit }: Who,
    { frames, count, exceeded }: {
      frames: readonly StackFrame[];
      count: number;
      exceeded: Allowance | null;
    },
  ): SyncCallReport {
    const where = route === null ? "" : ` in ${route}`;
    const over = exceeded === null
      ? ""
      : ` took longer than the ${exceeded.maxMs} ms allowed`;
    return {
      message: `Synchronous call ${api.id}${where}${over}`,
      level: "warning",
      time: new Date().toISOString(),
      api: api.id,
      kind: api.kind,
      route,
      culprit,
      stack: frames.map(formatFrame),
      duration_ms: durationMs,
      size: size === null || api.size === null
        ? null
        : { value: size, unit: api.size.unit },
      action: this.#action,
      count,
      advice: api.instead,
      allowed_by: exceeded?.reason ?? null,
    };
  }
}

/** A listener's mistake must not end the call that it is told of. */
function call<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => reportError(error));
  }
}
