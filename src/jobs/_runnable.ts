import type { LoadReport } from "../load_report.ts";
import { JobInputError } from "./_failure.ts";
import type { JobRow } from "./_rows.ts";
import { inputProblems } from "./_validate.ts";
import type { JobContext, JobKind } from "./types.ts";

/** Whose slots a job takes: loads have as many as there are threads for them. */
export type JobClass = "load" | "other";

/** Both classes. */
export const jobClasses: readonly JobClass[] = ["load", "other"];

/** What an attempt brings. */
export interface Outcome {
  report: LoadReport | null;
  result: unknown;
}

/** A kind as the worker runs it: loads and all others alike. */
export interface Runnable {
  readonly name: string;
  readonly class: JobClass;
  readonly maxErrors: number;
  /** Bytes, or whatever `progress` counts, before the job has said more. */
  total(row: JobRow): number;
  run(row: JobRow, context: JobContext): Promise<Outcome>;
}

/** Makes a kind runnable: its input is checked again, by this server's rules. */
export function runnableKind(kind: JobKind): Runnable {
  return {
    name: kind.name,
    class: "other",
    maxErrors: kind.maxErrors ?? 3,
    total: () => 0,
    async run(row, context) {
      const parsed = kind.input.safeParse(row.input);
      if (!parsed.success) {
        throw new JobInputError(
          `Cannot run a job of kind "${kind.name}": ${
            inputProblems(parsed.error).map(({ field, detail }) =>
              `${field}: ${detail}`
            ).join("; ")
          }`,
        );
      }
      const result = await kind.run(parsed.data, context);
      return { report: null, result: result ?? null };
    },
  };
}
