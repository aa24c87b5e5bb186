import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import { ProblemError } from "../src/errors.ts";
import { priorityRange } from "./job_request.ts";
import {
  createRouter,
  jsonContent,
  plainText,
  problemContent,
} from "./router.ts";

const tags = ["schedules"];
const params = z.object({ name: plainText(100) });

/** `/api/schedules`: jobs that are made again and again. */
export function scheduleRoutes({ jobs }: Pick<Backend, "jobs">) {
  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        summary: "Schedules, by name",
        responses: {
          200: jsonContent("When each is due next, and the job it made last"),
        },
      }),
      async (c) => c.json({ data: await jobs.schedules.list() }, 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/{name}",
        tags,
        summary: "Make or change a schedule",
        description:
          'A load: `{"cron": "30 2 * * *", "source": "…", "path": "…", "input": {…}}`. A job of a kind: `{"cron": "…", "kind": "…", "input": {…}}`.',
        request: {
          params,
          body: {
            required: true,
            content: {
              "application/json": {
                schema: z.strictObject({
                  cron: plainText(200),
                  timezone: plainText(100).optional(),
                  kind: plainText(100).optional(),
                  source: plainText(100).optional(),
                  input: z.record(z.string(), z.unknown()).optional(),
                  path: plainText(4_096).optional(),
                  priority: priorityRange.optional(),
                }),
              },
            },
          },
        },
        responses: {
          200: jsonContent("Changed"),
          201: jsonContent("Made"),
          400: problemContent("A field is not valid"),
          403: problemContent("The path is outside the allowed folders"),
          404: problemContent("No such file"),
        },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        const { schedule, created } = await jobs.schedules.put(
          name,
          c.req.valid("json"),
        );
        return c.json(schedule, created ? 201 : 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{name}",
        tags,
        summary: "Delete a schedule; jobs that it has made go on",
        request: { params },
        responses: {
          204: { description: "Deleted" },
          404: problemContent("No such schedule"),
          409: problemContent("It is built in"),
        },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        if (!await jobs.schedules.remove(name)) {
          throw new ProblemError("not-found", {
            detail: `There is no schedule "${name}"`,
          });
        }
        return c.body(null, 204);
      },
    );
}
