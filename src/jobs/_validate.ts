import type { z } from "zod";
import { ProblemError } from "../errors.ts";

/** What is wrong with which field. */
export interface InputProblem {
  field: string;
  detail: string;
}

/** The fields at fault. */
export function inputProblems(error: z.ZodError): InputProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: key, detail: "is not known here" }))
      : [{
        field: issue.path.map(String).join(".") || "(the whole)",
        detail: issue.message,
      }]
  );
}

/** A body whose fields are at fault. */
export function invalidBody(errors: InputProblem[]): ProblemError {
  return new ProblemError("invalid-body", {
    detail: errors.map(({ field, detail }) => `${field}: ${detail}`).join("; "),
    errors,
  });
}

/** Making a schema strict, and its first use, take milliseconds. */
const strictOf = new WeakMap<z.ZodObject, z.ZodObject>();

function strict(schema: z.ZodObject): z.ZodObject {
  let made = strictOf.get(schema);
  if (made === undefined) strictOf.set(schema, made = schema.strict());
  return made;
}

/**
 * Checks an input, with no fields but those that the schema knows.
 *
 * @throws {ProblemError} "invalid-body", naming each field as `input.…`.
 */
export function checkInput(
  schema: z.ZodObject,
  input: Record<string, unknown>,
): Record<string, unknown> {
  const parsed = strict(schema).safeParse(input);
  if (!parsed.success) {
    throw invalidBody(
      inputProblems(parsed.error).map(({ field, detail }) => ({
        field: `input.${field}`,
        detail,
      })),
    );
  }
  return parsed.data as Record<string, unknown>;
}

/**
 * Checks a priority.
 *
 * @throws {ProblemError} It is no whole number from −100 to 100.
 */
export function checkPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= 100) return priority;
  throw invalidBody([{
    field: "priority",
    detail: `is ${priority}, not a whole number from -100 to 100`,
  }]);
}
