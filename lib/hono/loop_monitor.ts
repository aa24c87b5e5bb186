import type { CallFigures, LoopMonitor } from "@loophound/toolkit/monitor";
import type { Context, MiddlewareHandler, Next } from "hono";
import { blockSpans, type OpenTelemetryApi } from "./_block_spans.ts";
import { RequestStats, type RouteStats } from "./_request_stats.ts";
import { routeLabel } from "./_route_label.ts";
import { traceIdOf } from "./_trace_id.ts";

/** What one request did. Times in milliseconds. */
export interface RequestReport {
  /** `GET /api/genes/:symbol`. */
  route: string;
  method: string;
  /** Path as asked for, without the query. */
  path: string;
  status: number;
  /** Until the response was returned: a streamed body goes on after it. */
  wall_ms: number;
  own_ms: number;
  longest_ms: number;
  inherited_ms: number;
  failed: boolean;
  /** From the `traceparent` header. */
  trace_id: string | null;
  /** ISO time of the end. */
  time: string;
}

/** A {@linkcode RequestReport} for the log of slow requests. */
export interface SlowRequestReport extends RequestReport {
  /** `Slow request: GET /api/genes/:symbol`. */
  message: string;
  threshold_ms: number;
}

/** Options of {@linkcode loopMonitor}. */
export interface LoopMonitorMiddlewareOptions {
  /**
   * A request that takes so many milliseconds from call to response is slow.
   *
   * @default {1000}
   */
  slowRequestMs?: number;
  /** Called for each slow request. */
  onSlowRequest?: (report: SlowRequestReport) => void;
  /** Called for each request. */
  onRequest?: (report: RequestReport) => void;
  /**
   * Answers that took at least so many milliseconds carry
   * `Server-Timing: total;dur=…, own;dur=…`; 0 for all, `Infinity` for none.
   * The header costs 10 µs of CPU where nothing else touches the headers, as
   * much as half of a constant answer, which has nothing to tell.
   *
   * @default {1}
   */
  serverTimingMs?: number;
  /**
   * `@opentelemetry/api`, as a module: each block of a request becomes a span
   * under the span that was active when the request came in (with
   * `OTEL_DENO=true` that is Deno's own span of the request).
   *
   * @default {undefined} no spans
   */
  opentelemetry?: OpenTelemetryApi;
  /**
   * Routes that have figures of their own; the others share `(other)`.
   *
   * @default {500}
   */
  maxRoutes?: number;
}

/** The middleware, with the figures that it keeps. */
export type LoopMonitorMiddleware = MiddlewareHandler & {
  /** Wall and own time by route since the start. */
  requestStats(): RouteStats[];
};

/**
 * Monitors everything that comes after it: own time, lag caused by others and
 * wall time of each request, under the matched route. A route that blocks the
 * loop is reported by the monitor; one that is merely slow, here.
 *
 * Register it first: `app.use("*", loopMonitor(monitor))`.
 *
 * A streamed body is made after the response was returned: its time is not
 * part of `wall_ms`, but a stretch of it that blocks is still reported under
 * the route (in the monitor's `exact` mode).
 *
 * @param monitor What measures.
 * @param options What to report.
 * @returns The middleware, with `requestStats()` for Prometheus.
 *
 * @example
 * ```ts
 * import { loopMonitor } from "@loophound/toolkit/hono";
 * import { startLoopMonitor } from "@loophound/toolkit/monitor";
 * import { Hono } from "hono";
 *
 * using monitor = startLoopMonitor();
 * const watch = loopMonitor(monitor, {
 *   slowRequestMs: 500,
 *   onSlowRequest: (report) => console.warn(report.message, report.wall_ms),
 * });
 * const app = new Hono();
 * app.use("*", watch);
 * app.get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")}`));
 *
 * await app.request("/hello/Ada");
 * console.log(watch.requestStats()[0]?.route); // GET /hello/:name
 * ```
 */
export function loopMonitor(
  monitor: LoopMonitor,
  options: LoopMonitorMiddlewareOptions = {},
): LoopMonitorMiddleware {
  const {
    slowRequestMs = 1000,
    onSlowRequest,
    onRequest,
    serverTimingMs = 1,
    maxRoutes = 500,
    opentelemetry,
  } = options;
  const stats = new RequestStats(maxRoutes);

  function finish(c: Context, figures: CallFigures): void {
    // Where Hono's onError has answered, nothing is thrown any further.
    if (c.error !== undefined) figures.failed = true;
    if (figures.wall_ms >= serverTimingMs && c.finalized) {
      setServerTiming(c, figures);
    }
    const status = figures.failed && !c.finalized ? 500 : c.res.status;
    stats.record(figures.label, status, figures);
    const slow = figures.wall_ms >= slowRequestMs &&
      onSlowRequest !== undefined;
    if (!slow && onRequest === undefined) return;
    const report: RequestReport = {
      route: figures.label,
      method: c.req.method,
      path: c.req.path,
      status,
      wall_ms: figures.wall_ms,
      own_ms: figures.own_ms,
      longest_ms: figures.longest_ms,
      inherited_ms: figures.inherited_ms,
      failed: figures.failed,
      trace_id: traceIdOf(c),
      time: new Date().toISOString(),
    };
    onRequest?.(report);
    if (slow) {
      onSlowRequest({
        message: `Slow request: ${report.route}`,
        threshold_ms: slowRequestMs,
        ...report,
      });
    }
  }

  function loopMonitorMiddleware(c: Context, next: Next): Promise<void> {
    return monitor.measure(() => routeLabel(c), next, {
      traceId: () => traceIdOf(c),
      onBlock: opentelemetry && blockSpans(opentelemetry),
      // Runs before the promise that Hono awaits settles: headers can still be set.
      onEnd: (figures) => finish(c, figures),
    });
  }
  return Object.assign(loopMonitorMiddleware, {
    requestStats: () => stats.all(),
  });
}

function setServerTiming(c: Context, figures: CallFigures) {
  // An answer to an upgrade is no HTTP answer any more.
  if (c.res.status === 101) return;
  const value = `total;dur=${figures.wall_ms.toFixed(1)}, own;dur=${
    figures.own_ms.toFixed(1)
  }`;
  try {
    c.res.headers.append("server-timing", value);
  } catch {
    // A response taken over from `fetch` has immutable headers: Hono copies
    // it then, which leaves the stream of its body as it is.
    c.header("server-timing", value, { append: true });
  }
}
