import { z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Backend } from "../src/backend.ts";
import { parsePosition } from "../src/db/position.ts";
import { ProblemError } from "../src/errors.ts";

const logger = getLogger(["loophound", "http"]);

const AFTER = "Loophound-After";
const POSITION = "Loophound-Position";
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/** `request.headers` of routes that heed {@linkcode afterOf}. */
export const afterHeaders = z.object({
  "loophound-after": z.string().optional().openapi({
    description:
      `A position of the database, as an earlier answer told in \`${POSITION}\`: this answer shows at least what was written before it. Without it, what was written by jobs that this server has told to be over`,
    example: "0/16B3748",
  }),
});

const positionHeaders = {
  [POSITION]: {
    description:
      `Position of the database after this answer; to be given as \`${AFTER}\` to whichever server, to see what was written. Absent on the embedded database, where every answer shows all that was written`,
    schema: { type: "string" as const, examples: ["0/16B3748"] },
  },
};

/** The same `responses` entry, of an answer that tells the position. */
export function withPosition<Entry extends object>(entry: Entry) {
  return { ...entry, headers: positionHeaders };
}

/** The position that this answer must show. */
export function afterOf(c: Context): { after?: string } {
  const after = c.req.header(AFTER)?.trim();
  if (after === undefined) return {};
  if (parsePosition(after) === undefined) {
    const detail = "is no position like 0/16B3748";
    throw new ProblemError("invalid-parameter", {
      detail: `${AFTER}: ${detail}`,
      errors: [{ field: AFTER, detail }],
    });
  }
  return { after };
}

/** Middleware: refuses a `Loophound-After` that is no position, on any route. */
export function checkAfter(): MiddlewareHandler {
  return createMiddleware(async (c, next) => {
    afterOf(c);
    await next();
  });
}

/**
 * Middleware for `/api/*`: says where the database stands after what has
 * written to it, and with the state of a job. It is asked once the answer is
 * made: what the answer tells of lies before it.
 */
export function tellPosition({ engine }: Pick<Backend, "engine">) {
  const { positions } = engine;
  return createMiddleware(async (c, next) => {
    await next();
    if (positions === undefined || !c.res.ok) return;
    if (READING.has(c.req.method) && !isJob(c.req.path)) return;
    try {
      c.header(POSITION, await positions.current());
    } catch (error) {
      logger.debug("Cannot tell the database's position: {error}", { error });
    }
  });
}

function isJob(path: string): boolean {
  return /^\/api\/jobs\/[^/]+\/?$/.test(path);
}
