import { columnList, rowsDiffer, sameKey } from "./_quoting.ts";
import type { SlicePace } from "./_slice_pace.ts";
import { countInTurns, pageCount, pageRange } from "./_table_turns.ts";
import { BY_INDEX } from "./_turn_settings.ts";
import type { TableLoadCounts } from "./publication_types.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection } from "./types.ts";

/** What {@linkcode countShadow} takes. */
export interface ShadowCountOptions {
  table: string;
  shadow: string;
  columns: readonly string[];
  key: readonly string[];
  unresolved?: string | undefined;
  /** Rows put into the shadow, later replaced ones too. */
  rows: number;
  /** Rows may have been replaced. */
  duplicates: boolean;
  pace: SlicePace;
  signal: AbortSignal | undefined;
}

/**
 * Counts, in short turns, what a filled shadow makes of the rows of the table
 * that it will replace.
 */
export async function countShadow(
  connection: SqlConnection,
  options: ShadowCountOptions,
): Promise<TableLoadCounts> {
  const { table, shadow, key, unresolved, rows, pace, signal } = options;
  const before = await countInTurns(connection, table, signal);
  const counts = {
    kept: rows,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    unresolved: 0,
    matched: 0,
  };
  if (unresolved === undefined && (key.length === 0 || before === 0)) {
    if (options.duplicates) {
      counts.kept = await countInTurns(connection, shadow, signal);
    }
    counts.inserted = counts.kept;
  } else {
    counts.kept = 0;
    const pages = await pageCount(connection, shadow);
    const perPage = Math.max(1, Math.ceil(rows / Math.max(1, pages)));
    for (let page = 0; page < pages;) {
      signal?.throwIfAborted();
      const until = page + Math.max(1, Math.floor(pace.limits.rows / perPage));
      const started = performance.now();
      const [, counted] = await connection.batch([BY_INDEX, {
        sql: countStatement(options, pageRange("r", page, until)),
      }]);
      pace.took(performance.now() - started);
      const row = counted!.rows[0]!;
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
        counts[name] += Number(row[name]);
      }
      page = until;
    }
  }
  const { kept, matched, ...classes } = counts;
  return {
    rows,
    duplicates: rows - kept,
    ...classes,
    removed: before - matched,
  };
}

function countStatement(
  { table, shadow, columns, key, unresolved = "false" }: ShadowCountOptions,
  range: string,
): string {
  const values = columns.filter((name) => !key.includes(name));
  const known = key.length === 0
    ? "false"
    : `t.${quoteIdentifier(key[0]!)} is not null`;
  const differs = key.length === 0 ? "true" : rowsDiffer(values, ["n", "t"]);
  const join = key.length === 0
    ? ""
    : `left join ${quoteIdentifier(table)} t on ${sameKey(key, ["n", "t"])}`;
  const count = (condition: string, name: string) =>
    `count(*) filter (where ${condition}) as ${name}`;
  return `select count(*) as kept,
      ${count("not u and not known", "inserted")},
      ${count("not u and known and differs", "updated")},
      ${count("not u and known and not differs", "unchanged")},
      ${count("u", "unresolved")},
      ${count("known", "matched")}
    from (
      select n.loophound_u as u, ${known} as known, ${differs} as differs
      from (
        select ${
    columnList(columns, "r")
  }, coalesce((${unresolved}), false) as loophound_u
        from ${quoteIdentifier(shadow)} r where ${range}
      ) n ${join}
    ) c`;
}
