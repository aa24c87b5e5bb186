import { jsonElements } from "@loophound/toolkit/json";
import { z } from "zod";
import { InputError } from "../../../load_input.ts";
import type { LoadRun } from "../../../load_task.ts";
import { NAME_BYTES } from "./_limits.ts";

/** An entry of `genes`, as far as both kinds of files have it. */
const entry = z.looseObject({
  symbol: z.string().trim().min(1).max(NAME_BYTES),
  reported_as: z.string().nullish(),
  hgnc_id: z.string().regex(/^HGNC:\d+$/, "is no HGNC id like HGNC:9008")
    .nullish(),
  panels: z.array(z.string()).nullish(),
  occurrence_count: z.number().int().min(0).nullish(),
});

/** An entry that was read. */
export type GeneEntry = z.output<typeof entry>;

/** The entries of a file, and what stands beside them. */
export interface GenesFile {
  entries: GeneEntry[];
  /** Entries found, refused ones included. */
  found: number;
  /** The document without `genes`. */
  about: Readonly<Record<string, unknown>>;
}

/** Reads `{…, "genes": […]}`; entries that are none go to the rejections. */
export async function readGenes(run: LoadRun<unknown>): Promise<GenesFile> {
  const elements = jsonElements(run.open(), {
    path: ["genes"],
    maxElementBytes: run.input.maxRecordBytes,
  });
  const entries: GeneEntry[] = [];
  let found = 0;
  for await (const batch of elements) {
    for (const { line, column, value } of batch) {
      found++;
      const result = entry.safeParse(value);
      if (result.success && !hasNul(value)) {
        entries.push(result.data);
        continue;
      }
      const issue = result.error?.issues[0];
      run.rejections.add({
        line,
        column,
        reason: issue === undefined
          ? "holds a NUL character"
          : `${issue.path.join(".") || "entry"}: ${issue.message}`,
        text: (JSON.stringify(value) ?? "").slice(0, 200),
      });
    }
  }
  return { entries, found, about: elements.rest };
}

/** PostgreSQL's text and jsonb have no NUL. */
function hasNul(value: unknown): boolean {
  return JSON.stringify(value)?.includes("\\u0000") === true;
}

/**
 * A text of the document beside `genes`.
 *
 * @throws {InputError} It is not there and `required`.
 */
export function aboutText(
  about: Readonly<Record<string, unknown>>,
  name: string,
): string {
  const value = about[name];
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "") {
    throw new InputError(
      `Cannot load the file: it has no "${name}" beside "genes"`,
    );
  }
  return text.trim();
}
