import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import { ProblemError } from "../src/errors.ts";
import { isOver, type JobRecord, type Jobs } from "../src/jobs/mod.ts";
import { idempotencyKey, priorityRange } from "./job_request.ts";
import { withPosition } from "./position.ts";
import {
  createRouter,
  jsonContent,
  numberText,
  plainText,
  problemContent,
} from "./router.ts";

const tags = ["jobs"];
const params = z.object({ id: z.string() });

/** How long `DELETE` waits for a running job to stop, milliseconds. */
const cancelWaitMs = 1_000;

const listQuery = z.strictObject({
  limit: numberText(z.number().int().min(1).max(500)).default(50),
  state: z.enum(["queued", "running", "succeeded", "failed", "cancelled"])
    .optional(),
  kind: plainText(100).optional(),
  source: plainText(100).optional(),
  schedule: plainText(100).optional(),
  before: z.uuid().optional(),
});

function noSuchJob(id: string): ProblemError {
  return new ProblemError("not-found", { detail: `There is no job "${id}"` });
}

function locationOf({ id }: Pick<JobRecord, "id">): { location: string } {
  return { location: `/api/jobs/${id}` };
}

/** Waits a moment for a job that was told to stop; answers it as it is then. */
async function endedSoon(jobs: Jobs, job: JobRecord): Promise<JobRecord> {
  if (isOver(job.state)) return job;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), cancelWaitMs);
  try {
    return await jobs.finished(job.id, late.signal);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return await jobs.get(job.id) ?? job;
  } finally {
    clearTimeout(timer);
  }
}

/** `/api/jobs`: what is queued, runs, and has run. */
export function jobRoutes({ jobs }: Pick<Backend, "jobs">) {
  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        summary: "Jobs, newest first",
        description:
          "`next` is the address of the next page, or null; it holds the same filters.",
        request: { query: listQuery },
        responses: {
          200: jsonContent("`data`: job records; `next`: the next page"),
          400: problemContent("A parameter is not valid"),
        },
      }),
      async (c) => {
        const { limit, ...filter } = c.req.valid("query");
        const found = await jobs.list({ ...filter, limit: limit + 1 });
        const data = found.slice(0, limit);
        let next: string | null = null;
        if (found.length > limit) {
          const query = new URL(c.req.url).searchParams;
          query.set("before", data.at(-1)!.id);
          next = `/api/jobs?${query}`;
        }
        return c.json({ data, next }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        summary: "Queue a job of a kind",
        description:
          "For work that is no load. With an `Idempotency-Key`, the same request makes one job however often it is sent.",
        request: {
          body: {
            required: true,
            content: {
              "application/json": {
                schema: z.strictObject({
                  kind: plainText(100),
                  input: z.record(z.string(), z.unknown()).default({}),
                  priority: priorityRange.optional(),
                }),
              },
            },
          },
        },
        responses: {
          202: withPosition(jsonContent("Queued; `Location` names the job")),
          400: problemContent("A field is not valid"),
          401: problemContent("A token is required"),
          409: problemContent("The key was used for another request"),
        },
      }),
      async (c) => {
        const { kind, input, priority } = c.req.valid("json");
        const key = idempotencyKey(c);
        const { id } = await jobs.start(kind, input, { key, priority });
        return c.json(await jobs.get(id) ?? { id }, 202, locationOf({ id }));
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        summary: "One job: state, progress, report or result",
        request: { params },
        responses: {
          200: withPosition(jsonContent("The job record")),
          404: problemContent("No such job"),
        },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const job = await jobs.get(id);
        if (job === undefined) throw noSuchJob(id);
        return c.json(job, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        summary: "Cancel a job",
        description:
          "Its thread, its queries and its requests stop, on whichever server it runs. What has not stopped within a second goes on stopping: 202.",
        request: { params },
        responses: {
          200: withPosition(jsonContent("The job record: cancelled")),
          202: withPosition(jsonContent("The job record: still stopping")),
          404: problemContent("No such job"),
          409: problemContent("The job has ended otherwise"),
        },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const asked = await jobs.cancel(id);
        if (asked === undefined) throw noSuchJob(id);
        const job = await endedSoon(jobs, asked);
        if (job.state === "cancelled") return c.json(job, 200);
        if (!isOver(job.state)) return c.json(job, 202, locationOf(job));
        throw new ProblemError("conflict", {
          detail: `Cannot cancel job ${id}: it has ${job.state}`,
        });
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/retry",
        tags,
        summary: "Queue a failed or cancelled job again",
        request: { params },
        responses: {
          202: jsonContent("Queued again"),
          404: problemContent("No such job"),
          409: problemContent("It cannot be tried again; says why"),
        },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const job = await jobs.retry(id);
        if (job === undefined) throw noSuchJob(id);
        return c.json(job, 202, locationOf(job));
      },
    );
}
