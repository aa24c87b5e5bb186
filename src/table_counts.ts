import type { TableLoadCounts } from "@loophound/toolkit/sql";
import type { LoadResult } from "./load_task.ts";

/**
 * The counts of a load of one table: how many rows there were is counted by
 * whoever read the file, what became of them by the database.
 */
export function tableCounts(
  rows: number,
  counts: TableLoadCounts,
): LoadResult["counts"] {
  const { rows: accepted, ...became } = counts;
  return { rows, accepted, ...became };
}
