import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import type { Source } from "../src/collection.ts";
import { ProblemError } from "../src/errors.ts";
import type { LoadRequest } from "../src/jobs/types.ts";
import { findLoadFile } from "../src/load_file.ts";
import { idempotencyKey } from "./job_request.ts";
import { readLoadRequest } from "./load_request.ts";
import { withPosition } from "./position.ts";
import { createRouter, jsonContent, problemContent } from "./router.ts";

const tags = ["sources"];

function findSource(backend: Backend, name: string): Source {
  const found = backend.sources.get(name);
  if (found === undefined) {
    throw new ProblemError("not-found", {
      detail: `There is no source "${name}"; there are ${
        [...backend.sources.keys()].join(", ")
      }`,
    });
  }
  return found.source;
}

/** `GET /api/sources` and `POST /api/sources/:source/load`. */
export function sourceRoutes(backend: Backend) {
  const router = createRouter();
  router.openapi(
    createRoute({
      method: "get",
      path: "/",
      tags,
      summary: "What can be loaded, and what was loaded last",
      responses: { 200: jsonContent("Sources with formats, columns, loads") },
    }),
    async (c) => {
      const loads = await backend.loadedParts();
      const data = [...backend.sources.values()].map(
        ({ collection, source }) => ({
          name: source.name,
          collection,
          kind: source.kind,
          description: source.description,
          formats: source.accepts,
          columns: source.columns,
          fields: z.toJSONSchema(source.input, { io: "input" }),
          loads: loads.filter((load) => load.source === source.name),
        }),
      );
      return c.json({ data }, 200);
    },
  );

  router.openapi(
    createRoute({
      method: "post",
      path: "/{source}/load",
      tags,
      summary: "Load a file, by path or as the body",
      description:
        'JSON `{"path": "…"}` with the source\'s own fields, or the file as the body with those fields in the query. `dry_run=true` reports and writes nothing. With an `Idempotency-Key`, the same request makes one load however often it is sent.',
      request: { params: z.object({ source: z.string() }) },
      responses: {
        202: withPosition(jsonContent("Queued; `Location` names the job")),
        400: problemContent("A field or the body is not valid"),
        401: problemContent("A token is required"),
        403: problemContent("The path is outside the allowed folders"),
        404: problemContent("No such source or file"),
        409: problemContent("The key was used for another request"),
        413: problemContent("The body is over the limit"),
        415: problemContent("The media type is not supported"),
        503: problemContent("All threads are busy"),
      },
    }),
    async (c) => {
      const source = findSource(backend, c.req.param("source"));
      const key = idempotencyKey(c);
      const asked = await readLoadRequest(c, source);
      const request: LoadRequest = {
        source: source.name,
        fields: asked.fields,
        dryRun: asked.dryRun,
        sample: false,
      };
      if (asked.path !== undefined) {
        request.file = await findLoadFile(asked.path, {
          source,
          roots: backend.config.allowedRoots,
        });
      } else if (asked.body !== undefined) {
        const spooled = await backend.spool(asked.body, {
          signal: c.req.raw.signal,
          contentLength: c.req.header("content-length"),
        });
        request.file = { ...spooled, name: "upload", spooled: true };
      }
      const { id } = await backend.jobs.submit(request, {
        key,
        priority: asked.priority,
      });
      const location = `/api/jobs/${id}`;
      const job = await backend.jobs.get(id);
      return c.json(job ?? { id }, 202, { location });
    },
  );
  return router;
}
