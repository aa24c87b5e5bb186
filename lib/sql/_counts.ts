import { quoteIdentifier } from "./quote_identifier.ts";
import type { TableLoadCounts } from "./publication_types.ts";
import type { SqlConnection } from "./types.ts";

/** Counts of a load that did nothing. */
export const EMPTY_COUNTS: Readonly<TableLoadCounts> = Object.freeze({
  rows: 0,
  duplicates: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  unresolved: 0,
  removed: 0,
});

/** How many rows of a table meet the condition over the alias `r`. */
export async function countUnresolved(
  connection: SqlConnection,
  table: string,
  unresolved: string | undefined,
): Promise<number> {
  if (unresolved === undefined) return 0;
  const { rows: [row] } = await connection.query<{ rows: string }>(
    `select count(*) as rows from ${
      quoteIdentifier(table)
    } r where (${unresolved})`,
  );
  return Number(row?.rows);
}
