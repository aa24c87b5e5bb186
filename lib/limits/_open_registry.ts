import { type Clock, systemClock } from "./clock.ts";
import type {
  ForeignStats,
  OpenLimitsOptions,
  StatsProvider,
} from "./limits.ts";
import { LongWaits } from "./_long_waits.ts";
import { notify } from "./_notify.ts";
import type { Registry, Watched } from "./_registry.ts";
import { FairSemaphore } from "./semaphore.ts";
import { type Load, Starvation } from "./_starvation.ts";
import type { LimitStats } from "./types.ts";
import type { Waiter } from "./_waiter.ts";

/** The inner side of `openLimits`: knows all limits and looks at them. */
export class OpenRegistry implements Registry {
  readonly clock: Clock;
  readonly limits = new Map<string, Watched>();
  readonly providers = new Set<StatsProvider>();
  readonly #waits: LongWaits;
  readonly #starvation: Starvation;
  readonly #options: OpenLimitsOptions;
  readonly #ticker: Disposable;

  constructor(options: OpenLimitsOptions) {
    const {
      longWaitMs = 10_000,
      starvedMs = 10_000,
      lookEveryMs = Math.max(
        10,
        Math.min(1_000, longWaitMs / 10, starvedMs / 10),
      ),
      clock = systemClock,
    } = options;
    const times = { longWaitMs, starvedMs, lookEveryMs };
    for (const [field, value] of Object.entries(times)) {
      if (value > 0) continue;
      throw new RangeError(
        `Cannot open limits: ${field} is ${value}, not a number above 0`,
      );
    }
    this.clock = clock;
    this.#options = options;
    this.#waits = new LongWaits(longWaitMs);
    this.#starvation = new Starvation(starvedMs);
    for (const [name, limit] of Object.entries(options.limits ?? {})) {
      new FairSemaphore(name, { limit, clock, watch: this });
    }
    this.#ticker = clock.every(lookEveryMs, () => this.#look());
  }

  register(limit: Watched): void {
    if (this.limits.has(limit.name)) {
      throw new RangeError(
        `Cannot register limit "${limit.name}": there is one of that name`,
      );
    }
    this.limits.set(limit.name, limit);
  }

  enter(waiter: Waiter): void {
    this.#waits.enter(waiter);
  }

  leave(waiter: Waiter): void {
    this.#waits.leave(waiter);
  }

  /** The limit of that name and kind, or what to say where it is missing. */
  find<T extends Watched>(
    // deno-lint-ignore no-explicit-any -- constructors differ in what they take
    kind: abstract new (...args: any[]) => T,
    name: string,
  ): T | string {
    const found = this.limits.get(name);
    if (found instanceof kind) return found;
    const known = [...this.limits.values()].filter((one) => one instanceof kind)
      .map((one) => `"${one.name}"`);
    return found !== undefined
      ? `"${name}" is another kind of limit`
      : known.length === 0
      ? "there are none"
      : `there are ${known.join(", ")}`;
  }

  foreign(): LimitStats[] {
    return [...this.providers].flatMap((provider) => provider.stats())
      .map(complete);
  }

  close(): void {
    this.#ticker[Symbol.dispose]();
  }

  #look(): void {
    const now = this.clock.now();
    const { onLongWait, onStarved } = this.#options;
    for (const report of this.#waits.look(now)) notify(onLongWait, report);
    for (const report of this.#starvation.look(now, this.#loads())) {
      notify(onStarved, report);
    }
  }

  *#loads(): Generator<Load> {
    for (const limit of this.limits.values()) {
      const load = limit.load?.();
      if (load !== undefined) yield { name: limit.name, ...load };
    }
    for (const provider of this.providers) {
      for (const { name, concurrent, queue_depth, limit } of rowsOf(provider)) {
        yield { name, concurrent, queueDepth: queue_depth, capacity: limit };
      }
    }
  }
}

/** None of a provider that fails: whoever asks for statistics is told. */
function rowsOf(provider: StatsProvider): LimitStats[] {
  try {
    return [provider.stats()].flat().map(complete);
  } catch {
    return [];
  }
}

/** What a row does not say is nothing yet, or not known. */
function complete(row: ForeignStats): LimitStats {
  const none = { p50: 0, p99: 0 };
  return {
    kind: "pool",
    limit: null,
    completed: 0,
    failed: 0,
    throughput_per_s: 0,
    wait_ms: none,
    run_ms: none,
    held_by: [],
    ...row,
  };
}
