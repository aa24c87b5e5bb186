import { jsonElements } from "@loophound/toolkit/json";
import type { z } from "zod";
import type { LoadRun } from "../../../load_task.ts";
import { jsonExcerpt, jsonText, reasonOf } from "./_json_text.ts";

/** Where the elements of a file are, and what each must be. */
export interface ElementsOptions<T> {
  /** Keys that lead to the list. */
  path: readonly string[];
  schema: z.ZodType<T>;
  /** Counts every element, also those that are refused. */
  counts: { rows: number };
}

/**
 * Reads a list in the JSON file of a load: each element as the schema makes
 * it, and as text for a `jsonb` column. Elements that are none go to the
 * rejections.
 */
export async function* readElements<T>(
  run: LoadRun<unknown>,
  options: ElementsOptions<T>,
): AsyncGenerator<{ element: T; text: string }, void, void> {
  const { path, schema, counts } = options;
  const elements = jsonElements(run.open(), {
    path,
    maxElementBytes: run.input.maxRecordBytes,
  });
  for await (const batch of elements) {
    for (const { line, column, value } of batch) {
      counts.rows++;
      const { data, error, success } = schema.safeParse(value);
      const text = jsonText(value);
      if (success && text !== undefined) {
        yield { element: data, text };
        continue;
      }
      run.rejections.add({
        line,
        column,
        reason: error === undefined
          ? "holds a NUL or half a character"
          : reasonOf(error),
        text: jsonExcerpt(value),
      });
    }
  }
}
