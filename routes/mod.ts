/**
 * HTTP only: parse and validate, call `src`, answer.
 *
 * @module
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import { loopMonitor } from "@loophound/toolkit/hono";
import type { Backend } from "../src/backend.ts";
import { addDocs } from "./docs.ts";
import { geneRoutes } from "./genes.ts";
import { healthRoutes } from "./health.ts";
import { jobRoutes } from "./jobs.ts";
import { metricsRoutes } from "./metrics.ts";
import { opsRoutes } from "./ops.ts";
import { onError, onNotFound } from "./problem.ts";
import { createRouter } from "./router.ts";
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
  /** Adds routes of a test's own, inside the monitor. */
  extend?: (app: OpenAPIHono) => void;
}

const slowRequestLog = getLogger(["loophound", "requests"]);
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
    onSlowRequest: (report) => {
      backend.slowRequests.record(report);
      const { message, ...figures } = report;
      slowRequestLog.warn(message, { ...figures });
    },
  });
  app.use("*", watch);
  const guard = writeGuard({
    token: backend.config.apiToken,
    isLoopback: options.isLoopback ?? (() => false),
  });
  app.use(
    "/api/*",
    async (c, next) =>
      READING.has(c.req.method) ? await next() : await guard(c, next),
  );
  app.route("/", healthRoutes(backend));
  app.route("/", metricsRoutes(backend, watch));
  app.route("/api/ops", opsRoutes(backend));
  app.route("/api/sources", sourceRoutes(backend));
  app.route("/api/jobs", jobRoutes(backend));
  app.route("/api/genes", geneRoutes(backend));
  app.route("/api/statistics", statisticsRoutes(backend));
  addDocs(app, { version: backend.version });
  app.get("/", (c) => c.redirect("/docs"));
  options.extend?.(app);
  return app;
}
