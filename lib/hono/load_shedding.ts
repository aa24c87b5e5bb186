import type { Context, MiddlewareHandler, Next } from "hono";
import { notify } from "./_notify.ts";
import { problemAnswer } from "./_problem.ts";
import { type LagSource, RecentLag } from "./_recent_lag.ts";
import { routeLabel } from "./_route_label.ts";
import {
  type GateChange,
  type ShedCause,
  ShedGate,
  type ShedLimits,
  type ShedPriority,
} from "./_shed_gate.ts";

/** Load shedding started or ended for a priority. */
export interface SheddingReport {
  /** `Load shedding started for normal requests: the loop is 230 ms late`. */
  message: string;
  shedding: boolean;
  priority: Exclude<ShedPriority, "never">;
  /** What was over its limit; null when it ended. */
  cause: ShedCause | null;
  lag_ms: number;
  in_flight: number;
  /** Requests of that priority turned away since it started. */
  shed: number;
  /** Milliseconds for which it lasted; null when it started. */
  lasted_ms: number | null;
  /** ISO time. */
  time: string;
}

/** What the middleware did so far. */
export interface SheddingStats {
  /** The priorities that are turned away now. */
  shedding: Exclude<ShedPriority, "never">[];
  lag_ms: number;
  in_flight: number;
  admitted_total: number;
  shed_total: number;
  shed: { route: string; priority: ShedPriority; count: number }[];
}

/** Options of {@linkcode loadShedding}. */
export interface LoadSheddingOptions {
  /**
   * Limits of the loop's recent lag, milliseconds.
   *
   * @default {{ high: 100, low: 50 }}
   */
  lagMs?: ShedLimits;
  /**
   * Limits of the requests in flight behind this middleware.
   *
   * @default {{ high: Infinity, low: Infinity }}
   */
  inFlight?: ShedLimits;
  /**
   * Figures must be under `low` for so many milliseconds before it ends.
   *
   * @default {1000}
   */
  recoverMs?: number;
  /**
   * Milliseconds that "recent" lag looks back. It is the second-longest of
   * the longest lags of its four quarters: one pause is no overload.
   *
   * @default {1000}
   */
  windowMs?: number;
  /**
   * Seconds sent as `Retry-After`.
   *
   * @default {recoverMs, rounded up}
   */
  retryAfterS?: number;
  /**
   * Priorities of routes, by label (`GET /api/exports/:id`) or by path alone
   * (`/api/exports/:id`); others are `normal`. `low` goes at half of every
   * limit, `high` at twice, `never` not at all.
   *
   * @default {"never" for `/healthz`, `/readyz` and `/metrics`}
   */
  routes?: Readonly<Record<string, ShedPriority>>;
  /** Asked before `routes`, while requests are turned away. */
  priority?: (c: Context, route: string) => ShedPriority | undefined;
  /** Answers in place of the problem document. */
  answer?: (
    c: Context,
    stats: { lag_ms: number; in_flight: number },
  ) => Response;
  /** Called once when it starts and once when it ends, for each priority. */
  onChange?: (report: SheddingReport) => void;
  /**
   * The clock, milliseconds; another one in tests.
   *
   * @default {performance.now}
   */
  now?: () => number;
}

/** The middleware, with the figures that it keeps. */
export type LoadSheddingMiddleware = MiddlewareHandler & {
  stats(): SheddingStats;
};

/** Lag is looked at this often, when requests come. */
const LOOK_MS = 50;
/** Routes with counts of their own; the others share `(other)`. */
const MAX_ROUTES = 500;
const NEVER: Readonly<Record<string, ShedPriority>> = {
  "/healthz": "never",
  "/readyz": "never",
  "/metrics": "never",
};

class Shedding {
  readonly #options: LoadSheddingOptions;
  readonly #now: () => number;
  readonly #lag: RecentLag;
  readonly #gate: ShedGate;
  readonly #routes: Map<string, ShedPriority>;
  readonly #retryAfterS: number;
  readonly #shed = new Map<string, Map<ShedPriority, number>>();
  /** Per priority: when it started, and what was shed before that. */
  readonly #started = new Map<ShedPriority, { at: number; shed: number }>();
  readonly #shedBy = new Map<ShedPriority, number>();
  #lagMs = 0;
  #nextLook = -Infinity;
  #inFlight = 0;
  #admitted = 0;

  constructor(monitor: LagSource, options: LoadSheddingOptions) {
    const { recoverMs = 1000, windowMs = 1000 } = options;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#lag = new RecentLag(monitor, windowMs);
    this.#gate = new ShedGate({
      lagMs: options.lagMs ?? { high: 100, low: 50 },
      inFlight: options.inFlight ?? { high: Infinity, low: Infinity },
      holdMs: recoverMs,
      onChange: (change) => this.#changed(change),
    });
    this.#routes = new Map(Object.entries({ ...NEVER, ...options.routes }));
    this.#retryAfterS = options.retryAfterS ??
      Math.max(1, Math.ceil(recoverMs / 1000));
  }

  /** Almost all requests take two comparisons here. */
  handle(c: Context, next: Next): Promise<void | Response> {
    const now = this.#now();
    const gate = this.#gate;
    if (
      now >= this.#nextLook || gate.active ||
      this.#inFlight >= gate.leastInFlight
    ) {
      this.#look(now, this.#inFlight + 1);
      if (gate.active) {
        const refused = this.#refuse(c);
        if (refused !== null) return Promise.resolve(refused);
      }
    }
    this.#inFlight++;
    this.#admitted++;
    return this.#run(next);
  }

  async #run(next: Next): Promise<void> {
    try {
      await next();
    } finally {
      this.#inFlight--;
    }
  }

  #look(now: number, inFlight: number): void {
    if (now >= this.#nextLook) {
      this.#nextLook = now + LOOK_MS;
      this.#lagMs = this.#lag.at(now);
    }
    this.#gate.update(this.#lagMs, inFlight, now);
  }

  #priorityOf(c: Context, route: string): ShedPriority {
    return this.#options.priority?.(c, route) ?? this.#routes.get(route) ??
      this.#routes.get(route.slice(route.indexOf(" ") + 1)) ?? "normal";
  }

  #refuse(c: Context): Response | null {
    const route = routeLabel(c);
    const priority = this.#priorityOf(c, route);
    if (!this.#gate.sheds(priority)) return null;
    this.#count(route, priority);
    const { answer } = this.#options;
    const figures = { lag_ms: this.#lagMs, in_flight: this.#inFlight };
    if (answer !== undefined) return answer(c, figures);
    return problemAnswer(c, {
      name: "overloaded",
      status: 503,
      title: "The server is overloaded",
      detail: `${route} is not served while the server is overloaded`,
      retryAfterS: this.#retryAfterS,
      more: { route },
    });
  }

  #count(route: string, priority: ShedPriority): void {
    this.#shedBy.set(priority, (this.#shedBy.get(priority) ?? 0) + 1);
    const name = this.#shed.has(route) || this.#shed.size < MAX_ROUTES
      ? route
      : "(other)";
    const counts = this.#shed.get(name) ?? new Map<ShedPriority, number>();
    counts.set(priority, (counts.get(priority) ?? 0) + 1);
    this.#shed.set(name, counts);
  }

  #changed(change: GateChange): void {
    const { priority, on, cause, lagMs, inFlight } = change;
    const now = this.#now();
    const total = this.#shedBy.get(priority) ?? 0;
    if (on) this.#started.set(priority, { at: now, shed: total });
    const started = this.#started.get(priority) ?? { at: now, shed: total };
    const shed = total - started.shed;
    const lasted = now - started.at;
    const why = cause === "lag"
      ? `the loop is ${lagMs.toFixed(0)} ms late`
      : `${inFlight} requests are in flight`;
    notify(this.#options.onChange, {
      message: on
        ? `Load shedding started for ${priority} requests: ${why}`
        : `Load shedding ended for ${priority} requests: ${shed} turned away in ${
          (lasted / 1000).toFixed(1)
        } s`,
      shedding: on,
      priority,
      cause,
      lag_ms: lagMs,
      in_flight: inFlight,
      shed,
      lasted_ms: on ? null : lasted,
      time: new Date().toISOString(),
    });
  }

  stats(): SheddingStats {
    this.#look(this.#now(), this.#inFlight);
    const shed = [...this.#shed].flatMap(([route, counts]) =>
      [...counts].map(([priority, count]) => ({ route, priority, count }))
    );
    return {
      shedding: this.#gate.shedding(),
      lag_ms: this.#lagMs,
      in_flight: this.#inFlight,
      admitted_total: this.#admitted,
      shed_total: shed.reduce((sum, { count }) => sum + count, 0),
      shed,
    };
  }
}

/**
 * Turns requests away with 503 and `Retry-After` while the loop comes late or
 * too many requests are in flight: those that get in are then served in time,
 * instead of all of them too late.
 *
 * It starts at once when a figure is above `high`, and ends when all have been
 * below `low` for `recoverMs`. It holds no timer: it looks at the loop when
 * requests come, at most every 50 ms, and when `stats()` is asked.
 *
 * Register it after `loopMonitor` and before everything that costs time. A
 * request that gets in pays 0.2 µs of CPU more than for any asynchronous
 * middleware.
 *
 * @param monitor Tells how late the loop is.
 * @param options Limits, and who goes first.
 * @returns The middleware, with `stats()` for Prometheus.
 * @throws {RangeError} A `low` limit is not above 0, or above its `high`.
 *
 * @example
 * ```ts
 * import { loadShedding } from "@loophound/toolkit/hono";
 * import { startLoopMonitor } from "@loophound/toolkit/monitor";
 * import { Hono } from "hono";
 *
 * using monitor = startLoopMonitor();
 * const shedding = loadShedding(monitor, {
 *   lagMs: { high: 100, low: 50 },
 *   inFlight: { high: 200, low: 100 },
 *   routes: { "POST /api/orders": "high", "/api/exports/:id": "low" },
 *   onChange: (report) => console.warn(report.message),
 * });
 * const app = new Hono();
 * app.use("*", shedding);
 * app.get("/", (c) => c.text("served"));
 *
 * await app.request("/");
 * console.log(shedding.stats().shed_total); // 0
 * ```
 */
export function loadShedding(
  monitor: LagSource,
  options: LoadSheddingOptions = {},
): LoadSheddingMiddleware {
  const shedding = new Shedding(monitor, options);
  function loadSheddingMiddleware(
    c: Context,
    next: Next,
  ): Promise<void | Response> {
    return shedding.handle(c, next);
  }
  return Object.assign(loadSheddingMiddleware, {
    stats: () => shedding.stats(),
  });
}
