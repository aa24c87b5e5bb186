import { z } from "zod";
import type { Context } from "hono";
import { ProblemError } from "../src/errors.ts";
import { numberText } from "./router.ts";

/** `?priority=`, and the field of that name. */
export const priorityRange = z.number().int().min(-100).max(100);

/** `?priority=` of requests whose body is the file. */
export const priorityQuery = numberText(priorityRange);

/** Begins the keys of jobs that schedules make. */
const scheduleKeys = "schedule:";

/**
 * The header `Idempotency-Key`; undefined: there is none.
 *
 * @throws {ProblemError} It is not 1 to 255 visible characters, or a
 * schedule's.
 */
export function idempotencyKey(c: Context): string | undefined {
  const key = c.req.header("idempotency-key")?.trim();
  if (key === undefined) return undefined;
  const wrong = !/^[\x21-\x7e]{1,255}$/.test(key)
    ? "is not 1 to 255 visible ASCII characters without spaces"
    : key.startsWith(scheduleKeys)
    ? `begins with "${scheduleKeys}", as only those of schedules do`
    : undefined;
  if (wrong === undefined) return key;
  throw new ProblemError("invalid-parameter", {
    detail: `Idempotency-Key: ${wrong}`,
    errors: [{ field: "Idempotency-Key", detail: wrong }],
  });
}
