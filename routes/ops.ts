import { createRoute } from "@hono/zod-openapi";
import type { Backend } from "../src/backend.ts";
import { createRouter, jsonContent, limitQuery } from "./router.ts";

const tags = ["ops"];

/** `/api/ops/*`: what the loop, the lanes and the threads are doing. */
export function opsRoutes(backend: Backend) {
  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/loop",
        tags,
        summary: "Lag and utilization of the loop, and what is in flight",
        responses: { 200: jsonContent("The loop's figures, milliseconds") },
      }),
      (c) => c.json(backend.monitor.stats(), 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/blocks",
        tags,
        summary: "What held the loop over the threshold, newest first",
        request: { query: limitQuery(50, 200) },
        responses: { 200: jsonContent("Block reports") },
      }),
      (c) =>
        c.json(
          { data: backend.monitor.blocks(c.req.valid("query").limit) },
          200,
        ),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/queries",
        tags,
        summary: "Slow queries, newest first",
        request: { query: limitQuery(50, 200) },
        responses: { 200: jsonContent("Slow-query reports") },
      }),
      (c) =>
        c.json(
          { data: backend.slowQueries.recent(c.req.valid("query").limit) },
          200,
        ),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/requests",
        tags,
        summary: "Slow requests, newest first",
        request: { query: limitQuery(50, 200) },
        responses: { 200: jsonContent("Slow requests") },
      }),
      (c) =>
        c.json({
          data: backend.slowRequests.recent(c.req.valid("query").limit),
        }, 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/pools",
        tags,
        summary:
          "Threads, connections and limits: what runs, what waits, for how long",
        responses: { 200: jsonContent("One entry a pool") },
      }),
      (c) => c.json({ data: backend.limits.stats() }, 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/runtime",
        tags,
        summary: "Engine, thread backend, versions, and what the host lacks",
        responses: { 200: jsonContent("What was probed at start-up") },
      }),
      (c) => c.json(backend.runtime(), 200),
    );
}
