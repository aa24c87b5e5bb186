import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import { ProblemError } from "../src/errors.ts";
import { eventStream } from "./_event_stream.ts";
import { isEnding, isGone, jobEvents } from "./_job_events.ts";
import {
  createRouter,
  numberText,
  passThrough,
  problemContent,
} from "./router.ts";

/** Options of {@linkcode jobEventRoutes}. */
export interface JobEventRoutesOptions {
  /** Ends all streams: the server stops. */
  stopping: AbortSignal;
  /** @default {15_000} */
  heartbeatMs?: number;
}

/** A browser's `Last-Event-ID` is what we sent; anything else counts as none. */
function eventNumber(text: string | undefined): number | undefined {
  const number = /^\d{1,15}$/.test(text ?? "") ? Number(text) : undefined;
  return number;
}

/** `GET /api/jobs/:id/events`: a job as it goes, as server-sent events. */
export function jobEventRoutes(
  backend: Pick<Backend, "jobs">,
  options: JobEventRoutesOptions,
) {
  const { jobs } = backend;
  return createRouter().openapi(
    createRoute({
      method: "get",
      path: "/{id}/events",
      tags: ["jobs"],
      summary: "Follow a job, as server-sent events",
      description:
        "Begins with `snapshot` (the record), then `queued`, `started`, `progress`, `retrying`, `cancelling`, each with the number to come again with; ends after `succeeded`, `failed` or `cancelled`, which carry the record. Resumes after `Last-Event-ID` or `after`; `missed` says what could not be told.",
      request: {
        params: z.object({ id: z.string() }),
        query: z.strictObject({
          after: numberText(z.number().int().min(0)).optional(),
        }),
      },
      responses: {
        200: {
          description: "Events, until the job is over",
          content: { "text/event-stream": { schema: z.string() } },
        },
        204: { description: "The job is over and all was told" },
        404: problemContent("No such job"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      // A browser that comes again still has the first `after` in its URL.
      const after = eventNumber(c.req.header("last-event-id")) ??
        c.req.valid("query").after;
      const record = z.uuid().safeParse(id).success
        ? await jobs.get(id)
        : undefined;
      if (record === undefined) {
        throw new ProblemError("not-found", {
          detail: `There is no job "${id}"`,
        });
      }
      if (
        after !== undefined && isEnding(record.state) &&
        !await isGone(jobs.feed, after) &&
        (await jobs.feed.read(after, { job: id, limit: 1 })).length === 0
      ) {
        // Tells a browser's EventSource to stay away.
        return c.body(null, 204);
      }
      return passThrough(eventStream(
        (signal) => jobEvents({ jobs, id, after, signal }),
        {
          signals: [c.req.raw.signal, options.stopping],
          ...(options.heartbeatMs === undefined
            ? {}
            : { heartbeatMs: options.heartbeatMs }),
        },
      ));
    },
  );
}
