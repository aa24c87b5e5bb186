import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import { ProblemError } from "../src/errors.ts";
import {
  createRouter,
  jsonContent,
  numberText,
  plainText,
  problemContent,
} from "./router.ts";

const tags = ["jobs"];

/** `GET /api/jobs` and `GET /api/jobs/:id`. */
export function jobRoutes(backend: Backend) {
  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        summary: "Jobs, newest first",
        request: {
          query: z.strictObject({
            limit: numberText(z.number().int().min(1).max(500)).default(50),
            state: z.enum([
              "queued",
              "running",
              "succeeded",
              "failed",
              "cancelled",
            ]).optional(),
            source: plainText(100).optional(),
          }),
        },
        responses: {
          200: jsonContent("Job records"),
          400: problemContent("A parameter is not valid"),
        },
      }),
      async (c) => {
        const { limit, state, source } = c.req.valid("query");
        const data = await backend.jobs.list({
          limit,
          ...(state === undefined ? {} : { state }),
          ...(source === undefined ? {} : { source }),
        });
        return c.json({ data }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        summary: "One job: state, progress, report",
        request: { params: z.object({ id: z.string() }) },
        responses: {
          200: jsonContent("The job record"),
          404: problemContent("No such job"),
        },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const job = z.uuid().safeParse(id).success
          ? await backend.jobs.get(id)
          : undefined;
        if (job === undefined) {
          throw new ProblemError("not-found", {
            detail: `There is no job "${id}"`,
          });
        }
        return c.json(job, 200);
      },
    );
}
