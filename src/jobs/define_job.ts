import type { z } from "zod";
import type { JobContext, JobKind, JobResumes } from "./types.ts";

/** What {@linkcode defineJob} takes. */
export interface DefineJobOptions<Input extends z.ZodObject> {
  /** Unique; shown as the job's `kind`. */
  name: string;
  description: string;
  input: Input;
  /**
   * `checkpoint`: the job saves where it is with `context.step()`, and its next
   * attempt reads `context.checkpoint`. Else every attempt starts over.
   *
   * @default {"starts_over"}
   */
  resumes?: JobResumes;
  /** Attempts that may end in an error. @default {3} */
  maxErrors?: number;
  /** Runs on the loop: it awaits, and hands work to threads. Answers its result. */
  run: (input: z.output<Input>, context: JobContext) => Promise<unknown>;
}

const namePattern = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * Defines a kind of job: something that takes long, besides loads. Give it to
 * `openJobs({ kinds })`.
 *
 * A job is run at least once: after a crash, and after an error, it is run
 * again. What it does to the database takes effect exactly once when it is
 * done inside `context.step()`; what it does elsewhere should bear repeating.
 *
 * @throws {TypeError} The name is not one that a URL can carry, or is "load".
 */
export function defineJob<Input extends z.ZodObject>(
  options: DefineJobOptions<Input>,
): JobKind {
  const { name, description, input, resumes = "starts_over", maxErrors = 3 } =
    options;
  if (!namePattern.test(name)) {
    throw new TypeError(
      `Cannot define job "${name}": a name has 1 to 48 lower-case letters, digits and underscores, and starts with a letter`,
    );
  }
  if (name === "load") {
    throw new TypeError(`Cannot define job "load": loads have that name`);
  }
  return Object.freeze({
    name,
    description,
    input,
    resumes,
    maxErrors,
    // The worker calls every kind alike; the input was parsed by `input`.
    run: (given: Record<string, unknown>, context: JobContext) =>
      options.run(given as z.output<Input>, context),
  });
}
