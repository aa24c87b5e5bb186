import { regclass } from "./_quoting.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection } from "./types.ts";

/** Pages of one turn: 2 MB, some 30,000 short rows. */
const PAGES = 256;

/** Conditions on `ctid` that cut a table into parts of a short turn each. */
export async function pageRanges(
  connection: SqlConnection,
  table: string,
): Promise<string[]> {
  const { rows: [size] } = await connection.query<{ pages: number }>(
    `select (pg_relation_size(${
      regclass(table)
    }) / current_setting('block_size')::int)::int as pages`,
  );
  const ranges: string[] = [];
  for (let page = 0; page < (size?.pages ?? 0); page += PAGES) {
    ranges.push(`ctid >= '(${page},0)' and ctid < '(${page + PAGES},0)'`);
  }
  return ranges;
}

/** Counts the rows of a table that nobody writes to meanwhile. */
export async function countInTurns(
  connection: SqlConnection,
  table: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0;
  for (const range of await pageRanges(connection, table)) {
    signal?.throwIfAborted();
    const { rows: [row] } = await connection.query<{ rows: number }>(
      `select count(*)::int as rows from ${
        quoteIdentifier(table)
      } where ${range}`,
    );
    count += row?.rows ?? 0;
  }
  return count;
}
