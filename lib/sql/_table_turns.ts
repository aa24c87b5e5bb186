import { regclass } from "./_quoting.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection } from "./types.ts";

/** Pages that are counted in one turn: 1 MB, some 20,000 short rows. */
const PAGES = 128;

/** How many pages a table has; rows that come later may add more. */
export async function pageCount(
  connection: SqlConnection,
  table: string,
): Promise<number> {
  const { rows: [size] } = await connection.query<{ pages: number }>(
    `select (pg_relation_size(${
      regclass(table)
    }) / current_setting('block_size')::int)::int as pages`,
  );
  return size?.pages ?? 0;
}

/** The condition that a row is on one of the pages `from` to `until - 1`. */
export function pageRange(alias: string, from: number, until: number): string {
  return `${alias}.ctid >= '(${from},0)' and ${alias}.ctid < '(${until},0)'`;
}

/** Conditions on the alias `t` that cut a table into parts of a short turn. */
export async function pageRanges(
  connection: SqlConnection,
  table: string,
): Promise<string[]> {
  const pages = await pageCount(connection, table);
  const ranges: string[] = [];
  for (let page = 0; page < pages; page += PAGES) {
    ranges.push(pageRange("t", page, page + PAGES));
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
      } t where ${range}`,
    );
    count += row?.rows ?? 0;
  }
  return count;
}
