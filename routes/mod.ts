/**
 * HTTP only: parse and validate, call `src`, answer.
 *
 * @module
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import {
  deadline,
  loadShedding,
  loopMonitor,
  type OpenTelemetryApi,
} from "@loophound/toolkit/hono";
import type { Backend } from "../src/backend.ts";
import { addDocs } from "./docs.ts";
import { geneRoutes } from "./genes.ts";
import { healthRoutes } from "./health.ts";
import { jobEventRoutes } from "./job_events.ts";
import { jobRoutes } from "./jobs.ts";
import { metricsRoutes } from "./metrics.ts";
import { opsRoutes } from "./ops.ts";
import { checkAfter, tellPosition } from "./position.ts";
import { onError, onNotFound } from "./problem.ts";
import { progressRoutes } from "./progress.ts";
import { createRouter } from "./router.ts";
import { scheduleRoutes } from "./schedules.ts";
import { sourceRoutes } from "./sources.ts";
import { statisticsRoutes } from "./statistics.ts";
import { writeGuard } from "./write_guard.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /**
   * The server listens on loopback and nowhere else: writing needs no token.
   *
   * @default {() => false}
   */
  isLoopback?: () => boolean;
  /**
   * Makes spans of what held the loop; see `loopMonitor`.
   *
   * @default {undefined} no spans
   */
  opentelemetry?: OpenTelemetryApi | undefined;
  /** Adds routes of a test's own, inside the monitor. */
  extend?: (app: OpenAPIHono) => void;
}

const slowRequestLog = getLogger(["loophound", "requests"]);
const sheddingLog = getLogger(["loophound", "shedding"]);
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/** Makes the Hono app of a backend. */
export function createApp(
  backend: Backend,
  options: AppOptions = {},
): OpenAPIHono {
  const app = createRouter();
  app.onError(onError);
  app.notFound(onNotFound);
  const watch = loopMonitor(backend.monitor, {
    slowRequestMs: backend.config.slowRequestMs,
    ...(options.opentelemetry === undefined
      ? {}
      : { opentelemetry: options.opentelemetry }),
    onSlowRequest: (report) => {
      backend.slowRequests.record(report);
      const { message, ...figures } = report;
      slowRequestLog.warn(message, { ...figures });
    },
  });
  app.use("*", watch);
  const shedding = shed(backend);
  app.use("*", shedding);
  limitTime(app, backend);
  const guard = writeGuard({
    token: backend.config.apiToken,
    isLoopback: options.isLoopback ?? (() => false),
  });
  app.use(
    "/api/*",
    async (c, next) =>
      READING.has(c.req.method) ? await next() : await guard(c, next),
  );
  app.use("/api/*", checkAfter(), tellPosition(backend));
  app.route("/", healthRoutes(backend));
  app.route("/", metricsRoutes(backend, { watch, shedding }));
  app.route("/api/ops", opsRoutes(backend));
  app.route("/api/sources", sourceRoutes(backend));
  const { stopping } = backend;
  app.route("/api/jobs", jobRoutes(backend));
  app.route("/api/jobs", jobEventRoutes(backend, { stopping }));
  app.route("/api/progress", progressRoutes(backend, { stopping }));
  app.route("/api/schedules", scheduleRoutes(backend));
  app.route("/api/genes", geneRoutes(backend));
  app.route("/api/statistics", statisticsRoutes(backend));
  addDocs(app, { version: backend.version });
  app.get("/", (c) => c.redirect("/docs"));
  options.extend?.(app);
  return app;
}

/** Turns requests away while the loop is too late to answer them in time. */
function shed({ config, monitor }: Backend) {
  const high = config.shedLagMs ?? Infinity;
  return loadShedding(monitor, {
    lagMs: { high, low: high / 2 },
    // What operators need most while everything else is turned away.
    priority: (_c, route) => route.includes(" /api/ops/") ? "never" : undefined,
    onChange: ({ message, ...figures }) =>
      sheddingLog.warn(message, { ...figures }),
  });
}

/** Ends requests that take too long, and the work behind them; uploads take as long as they take. */
function limitTime(app: OpenAPIHono, { config, monitor }: Backend): void {
  if (config.requestDeadlineMs === null) return;
  app.use(
    "/api/*",
    deadline({
      ms: config.requestDeadlineMs,
      monitor,
      onDeadline: ({ message, ...figures }) =>
        slowRequestLog.warn(message, { ...figures }),
    }),
  );
  app.use("/api/sources/*", deadline(Infinity));
}
