import type { Context } from "hono";
import { z } from "zod";
import type { Source } from "../src/collection.ts";
import { ProblemError } from "../src/errors.ts";
import { priorityQuery, priorityRange } from "./job_request.ts";
import { validationProblem } from "./problem.ts";

/** What `POST /api/sources/:source/load` asked for, fields validated. */
export interface LoadAsked {
  fields: Record<string, unknown>;
  dryRun: boolean;
  priority: number | undefined;
  /** A path on the server; undefined: the body is the file, or none is needed. */
  path: string | undefined;
  /** The body as a file; undefined where a path was given. */
  body: ReadableStream<Uint8Array> | undefined;
}

/** A JSON body up to this size may be `{path}`; a larger one is a file. */
const PATH_BODY_BYTES = 64 * 1024;

const BOOLEAN = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((text) =>
    text === "true" || text === "1"
  ),
]);

/** Media types by which `curl` and browsers say "just bytes". */
const ANY_BYTES = [
  "",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
  "application/gzip",
  "application/x-gzip",
  "text/plain",
];

function mediaType(c: Context): string {
  return (c.req.header("content-type") ?? "").split(";")[0]!.trim()
    .toLowerCase();
}

/** Reads at most `limit` bytes; the rest stays in the stream. */
async function readStart(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<
  { start: Uint8Array; rest: ReadableStream<Uint8Array> | undefined }
> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= limit) {
    const { done, value } = await reader.read();
    if (done) return { start: join(chunks, size), rest: undefined };
    chunks.push(value);
    size += value.byteLength;
  }
  reader.releaseLock();
  return { start: join(chunks, size), rest: body };
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

function streamOf(
  start: Uint8Array,
  rest: ReadableStream<Uint8Array> | undefined,
): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (start.byteLength > 0) controller.enqueue(start);
      if (rest === undefined) controller.close();
      else reader = rest.getReader();
    },
    async pull(controller) {
      const { done, value } = await reader!.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function asObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function checkFields(
  source: Source,
  given: Record<string, unknown>,
): Omit<LoadAsked, "path" | "body"> & { path?: string } {
  const schema = source.input.extend({
    dry_run: BOOLEAN.default(false),
    priority: z.union([priorityRange, priorityQuery]).optional(),
    ...(source.kind === "file" || source.kind === "folder"
      ? { path: z.string().min(1).optional() }
      : {}),
  }).strict();
  const result = schema.safeParse(given);
  if (!result.success) throw validationProblem(result.error);
  const { dry_run, priority, path, ...fields } = result.data as Record<
    string,
    unknown
  >;
  return {
    fields,
    dryRun: dry_run === true,
    priority: priority as number | undefined,
    ...(typeof path === "string" ? { path } : {}),
  };
}

/**
 * Tells a load by path from a load by body. A JSON object with a `path` is
 * the former; anything else that the source accepts is the file itself, with
 * the source's fields in the query.
 *
 * @throws {ProblemError} A field, the media type or the body is not valid.
 */
export async function readLoadRequest(
  c: Context,
  source: Source,
): Promise<LoadAsked> {
  const query: Record<string, unknown> = c.req.query();
  const type = mediaType(c);
  const { body } = c.req.raw;
  const needsFile = source.kind === "file" || source.kind === "folder";
  if (body !== null && (type === "application/json" || !needsFile)) {
    const { start, rest } = await readStart(body, PATH_BODY_BYTES);
    const object = rest === undefined ? asObject(start) : undefined;
    if (
      object !== undefined && (typeof object.path === "string" || !needsFile)
    ) {
      const asked = checkFields(source, { ...query, ...object });
      return { ...asked, path: asked.path, body: undefined };
    }
    if (!needsFile) {
      throw new ProblemError("invalid-body", {
        detail: `Source "${source.name}" takes a JSON object with its fields`,
      });
    }
    if (!source.accepts.includes("application/json")) {
      throw new ProblemError("invalid-body", {
        detail:
          `A JSON body must be an object with a "path"; source "${source.name}" takes files as ${
            source.accepts.join(", ")
          }`,
        errors: [{ field: "path", detail: "is missing" }],
      });
    }
    const asked = checkFields(source, query);
    return { ...asked, path: undefined, body: streamOf(start, rest) };
  }
  const asked = checkFields(source, query);
  if (!needsFile || asked.path !== undefined) {
    return { ...asked, path: asked.path, body: undefined };
  }
  if (body === null) {
    throw new ProblemError("invalid-body", {
      detail:
        `Source "${source.name}" needs a file: send JSON {"path": "…"}, or the file as the body`,
      errors: [{ field: "path", detail: "is missing" }],
    });
  }
  if (!ANY_BYTES.includes(type) && !source.accepts.includes(type)) {
    throw new ProblemError("unsupported-media-type", {
      detail: `Source "${source.name}" takes ${
        source.accepts.join(", ")
      }, not "${type}"`,
    });
  }
  return { ...asked, path: undefined, body };
}
