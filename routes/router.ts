import { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { validationHook } from "./problem.ts";

/** A router whose validation errors become problem documents. */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: validationHook });
}

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() }))
    .optional(),
});

/** The `responses` entry of an error. */
export function problemContent(description: string) {
  return {
    description,
    content: { "application/problem+json": { schema: problemSchema } },
  };
}

/** The `responses` entry of a JSON answer whose shape is told in words. */
export function jsonContent(description: string, schema: z.ZodType = z.any()) {
  return { description, content: { "application/json": { schema } } };
}

/** Text that a database takes: PostgreSQL's has no NUL. */
export function plainText(max = 1_000) {
  return z.string().max(max).refine(
    (text) => !text.includes("\0"),
    "holds a NUL character",
  );
}

/** `?limit=` of lists that are short by nature. */
export function limitQuery(fallback: number, max: number) {
  return z.strictObject({
    limit: numberText(z.number().int().min(1).max(max)).default(fallback),
  });
}

/**
 * A response whose body was made elsewhere (by the database, in a thread) and
 * passes through as bytes. The type says "whatever the route declares": no
 * handler type of the router knows such answers.
 */
export function passThrough(response: Response): never {
  return response as never;
}

/** A number in a query. */
export function numberText(schema: z.ZodNumber) {
  return z.string().trim().min(1, "is empty").transform(Number).pipe(schema);
}
