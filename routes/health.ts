import { createRoute } from "@hono/zod-openapi";
import type { Backend } from "../src/backend.ts";
import { createRouter, jsonContent } from "./router.ts";

/** `GET /healthz` and `GET /readyz`. */
export function healthRoutes(backend: Backend) {
  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/healthz",
        tags: ["health"],
        summary: "The process turns",
        responses: { 200: jsonContent("It does") },
      }),
      (c) => c.json({ status: "ok" }, 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/readyz",
        tags: ["health"],
        summary: "Requests can be answered; the state of each part",
        responses: {
          200: jsonContent("Ready"),
          503: jsonContent("A part is not ready"),
        },
      }),
      async (c) => {
        const readiness = await backend.readiness();
        return c.json(readiness, readiness.status === "ready" ? 200 : 503);
      },
    );
}
