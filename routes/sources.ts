import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { resolveAllowedPath } from "../src/allowed_path.ts";
import type { Backend } from "../src/backend.ts";
import type { Source } from "../src/collection.ts";
import { ProblemError } from "../src/errors.ts";
import type { LoadRequest } from "../src/jobs/types.ts";
import { readLoadRequest } from "./load_request.ts";
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
        'JSON `{"path": "…"}` with the source\'s own fields, or the file as the body with those fields in the query. `dry_run=true` reports and writes nothing.',
      request: { params: z.object({ source: z.string() }) },
      responses: {
        202: jsonContent("Queued; `Location` names the job"),
        400: problemContent("A field or the body is not valid"),
        401: problemContent("A token is required"),
        403: problemContent("The path is outside the allowed folders"),
        404: problemContent("No such source or file"),
        413: problemContent("The body is over the limit"),
        415: problemContent("The media type is not supported"),
        503: problemContent("All threads are busy"),
      },
    }),
    async (c) => {
      const source = findSource(backend, c.req.param("source"));
      const asked = await readLoadRequest(c, source);
      const request: LoadRequest = {
        source: source.name,
        fields: asked.fields,
        dryRun: asked.dryRun,
        sample: false,
      };
      if (asked.path !== undefined) {
        request.file = await statAllowed(backend, source, asked.path);
      } else if (asked.body !== undefined) {
        const spooled = await backend.spool(asked.body, {
          signal: c.req.raw.signal,
          contentLength: c.req.header("content-length"),
        });
        request.file = { ...spooled, name: "upload", spooled: true };
      }
      const { id } = await backend.jobs.submit(request);
      const location = `/api/jobs/${id}`;
      const job = await backend.jobs.get(id);
      return c.json(job ?? { id }, 202, { location });
    },
  );
  return router;
}

async function statAllowed(
  backend: Backend,
  source: Source,
  path: string,
): Promise<NonNullable<LoadRequest["file"]>> {
  const real = await resolveAllowedPath(path, {
    roots: backend.config.allowedRoots,
    ...(source.kind === "folder" ? { folder: true } : {}),
  });
  const info = await Deno.stat(real);
  return {
    path: real,
    name: path,
    bytes: info.size,
    spooled: false,
    ...(info.mtime === null ? {} : { modifiedMs: info.mtime.getTime() }),
  };
}
