import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { Context, MiddlewareHandler } from "hono";
import { cutBody } from "./_cut_body.ts";
import { notify } from "./_notify.ts";
import { problemAnswer } from "./_problem.ts";
import {
  checkLimit,
  DeadlineClock,
  type RequestDeadline,
  shadowSignal,
} from "./_request_deadline.ts";
import { routeLabel } from "./_route_label.ts";
import { traceIdOf } from "./_trace_id.ts";

/** A deadline that passed. */
export interface DeadlineReport {
  /** `Deadline passed: GET /api/genes/:symbol`. */
  message: string;
  /** `GET /api/genes/:symbol`. */
  route: string;
  method: string;
  /** Path as asked for, without the query. */
  path: string;
  /** Milliseconds. */
  limit_ms: number;
  /** Since the request came. Over the limit by as much as the loop was late. */
  wall_ms: number;
  /** Whether the handler had not answered yet, or the body had not ended. */
  phase: "handler" | "body";
  /** What the handler last said with `c.var.deadline.step()`. */
  doing: string | null;
  /**
   * For how much of that time the loop was late: whether the request was slow,
   * or others kept it waiting. Null without a monitor.
   */
  lag_ms: number | null;
  /** From the `traceparent` header. */
  trace_id: string | null;
  /** ISO time. */
  time: string;
}

/** A handler that ended after its deadline. */
export interface LateReport extends DeadlineReport {
  /** Milliseconds from the request to the handler's end. */
  ended_ms: number;
  /** What it failed with, else null: its answer was dropped. */
  error: unknown;
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Milliseconds from the request's start; `Infinity` for none. */
  ms: number;
  /**
   * Status of the answer when it passes.
   *
   * @default {504}
   */
  status?: 503 | 504;
  /**
   * `handler`: the limit is for the handler; once it has answered, its body
   * takes as long as it takes. `body`: it is for the whole answer; a body that
   * has not ended is broken off, and whoever makes it is cancelled. That costs
   * every answer about 50 µs of CPU, also those that are no streams: set it
   * where bodies are streamed.
   *
   * @default {"handler"}
   */
  covers?: "handler" | "body";
  /**
   * Says in reports how late the loop was.
   *
   * @default {null}
   */
  monitor?: Pick<LoopMonitor, "lagBetween"> | null;
  /** Answers in place of the problem document. */
  answer?: (report: DeadlineReport, c: Context) => Response;
  /** Called when a deadline passes. */
  onDeadline?: (report: DeadlineReport) => void;
  /** Called when a handler has ended after its deadline. */
  onLate?: (report: LateReport) => void;
}

/** What {@linkcode deadline} lets handlers find in `c.var`. */
export interface DeadlineVariables {
  deadline: RequestDeadline;
}

interface Env {
  Variables: DeadlineVariables;
}

const states = new WeakMap<RequestDeadline, Guarded>();

/** A request under a deadline. */
class Guarded {
  readonly clock: DeadlineClock;
  options: DeadlineOptions;
  readonly #c: Context;
  #phase: DeadlineReport["phase"] = "handler";
  #report: DeadlineReport | null = null;
  #release: (() => void) | null = null;
  #cut: ((reason: unknown) => void) | null = null;

  constructor(c: Context, options: DeadlineOptions) {
    this.#c = c;
    this.options = options;
    this.clock = new DeadlineClock(
      shadowSignal(c, () => this.clock.signal),
      () => this.#passed(),
    );
  }

  /** Runs what comes after; resolves with it or with the deadline, whichever is first. */
  run(next: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#release = resolve;
      next().then(() => {
        if (this.clock.passed) return this.#late(this.#c.error ?? null);
        this.#answered();
        resolve();
      }, (error) => {
        if (this.clock.passed) return this.#late(error);
        this.clock.end();
        reject(error);
      });
    });
  }

  #answered(): void {
    const { res } = this.#c;
    if (this.options.covers !== "body" || res.body === null) {
      return this.clock.end();
    }
    this.#phase = "body";
    const { stream, cut } = cutBody(res.body, () => this.clock.end());
    this.#cut = cut;
    this.#c.res = undefined;
    this.#c.res = new Response(stream, res);
  }

  #passed(): void {
    const { options, clock } = this;
    const c = this.#c;
    const now = performance.now();
    const route = routeLabel(c);
    const report: DeadlineReport = this.#report = {
      message: `Deadline passed: ${route}`,
      route,
      method: c.req.method,
      path: c.req.path,
      limit_ms: clock.limitMs,
      wall_ms: clock.wallMs,
      phase: this.#phase,
      doing: clock.doing,
      lag_ms: options.monitor?.lagBetween(clock.startedAt, now) ?? null,
      trace_id: traceIdOf(c),
      time: new Date().toISOString(),
    };
    if (this.#phase === "body") this.#cut?.(clock.reason());
    else {
      // Something may have been answered already by a middleware still at work.
      c.res = undefined;
      c.res = this.#answer(report);
      this.#release?.();
    }
    notify(options.onDeadline, report);
  }

  #answer(report: DeadlineReport): Response {
    const { status = 504, answer } = this.options;
    try {
      if (answer !== undefined) return answer(report, this.#c);
    } catch (error) {
      // Nobody is there to catch it, and the client still waits.
      queueMicrotask(() => reportError(error));
    }
    const { route, limit_ms } = report;
    return problemAnswer(this.#c, {
      name: "deadline-exceeded",
      status,
      title: "The deadline passed",
      detail: `${route} did not answer within ${limit_ms} ms`,
      retryAfterS: status === 503 ? 1 : null,
      more: { route, limit_ms },
    });
  }

  #late(error: unknown): void {
    if (this.#report === null) return;
    notify(this.options.onLate, {
      ...this.#report,
      ended_ms: this.clock.wallMs,
      error,
    });
  }
}

/**
 * Gives every request that comes after it a deadline. When it passes, the
 * client is answered with a problem document that names route and limit, and
 * the work behind the request is told to stop: `c.var.deadline.signal`, which
 * is `c.req.raw.signal` too, aborts with a `TimeoutError`. Hand it on to
 * `fetch`, queries and tasks; it aborts as well when the client goes away.
 *
 * What a handler answers or throws after that is dropped and told to `onLate`
 * (an error passes Hono's `onError` first). A handler that does not heed its signal goes on to its end: only
 * code in a thread can be stopped against its will. The body of an answer that
 * comes too late is not read: make it heed the signal.
 *
 * Set it for all routes and again, nearer to the handler, for those that need
 * another: the inner one wins, be it longer or shorter, and all count from the
 * request's start. `deadline(Infinity)` takes it away.
 *
 * The limit is looked at when the loop turns: a handler that holds the loop
 * beyond its limit and then answers in the same turn has answered.
 *
 * Costs about 12 µs of CPU a request, 20 more when the signal is asked for.
 *
 * @param options The limit in milliseconds, or what to do when it passes.
 * @returns The middleware.
 * @throws {RangeError} The limit is not above 0, or no timer is that long.
 *
 * @example
 * ```ts
 * import { deadline } from "@loophound/toolkit/hono";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.use("*", deadline({ ms: 2_000, onDeadline: (report) => console.warn(report) }));
 * app.use("/exports/*", deadline({ ms: 60_000, covers: "body" }));
 * app.get("/proxy", deadline(50), async (c) => {
 *   await new Promise((done, fail) => {
 *     const timer = setTimeout(done, 60_000);
 *     c.req.raw.signal.addEventListener("abort", () => {
 *       clearTimeout(timer);
 *       fail(c.req.raw.signal.reason);
 *     });
 *   });
 *   return c.text("done");
 * });
 *
 * const response = await app.request("/proxy");
 * console.log(response.status); // 504
 * ```
 */
export function deadline(
  options: number | DeadlineOptions,
): MiddlewareHandler<Env> {
  const given = typeof options === "number" ? { ms: options } : options;
  const ms = checkLimit(given.ms);
  return function deadlineMiddleware(c, next) {
    const known = c.get("deadline") as RequestDeadline | undefined;
    const outer = known && states.get(known);
    if (outer !== undefined) {
      outer.options = { ...outer.options, ...given };
      outer.clock.limit(ms);
      return next();
    }
    const guarded = new Guarded(c, given);
    states.set(guarded.clock, guarded);
    c.set("deadline", guarded.clock);
    guarded.clock.limit(ms);
    return guarded.run(next);
  };
}
