import { columnList, regclass } from "./_quoting.ts";
import {
  keyedStatement,
  keylessStatement,
  NTH,
  type SliceMergeOptions,
} from "./_slice_statement.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

/** Counts of a load so far; `matched` rows of the old table have a new row. */
export interface MergeCounts {
  duplicates: number;
  inserted: number;
  updated: number;
  unchanged: number;
  unresolved: number;
  matched: number;
}

/** Merges slices of rows into a shadow table. */
export interface SliceMerge {
  /** The temporary table that a slice is put into; empty after each turn. */
  readonly slice: string;
  readonly counts: MergeCounts;
  /**
   * Runs the statement that fills the slice, and merges it: one turn.
   *
   * @returns The rows that the slice was filled with.
   */
  add(fill: SqlStatement): Promise<number>;
  /** Drops the slice, however far things came. */
  close(): Promise<void>;
}

/**
 * Set for the rest of a turn. The few thousand rows of a slice are looked up
 * by key in tables that nobody has analysed: left alone, the planner reads the
 * whole of them for that. And a new WAL segment is not filled with zeros
 * first, which made one turn in 250 a tenth of a second longer.
 */
const BY_INDEX: SqlStatement = {
  sql: `select ${
    ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "wal_init_zero"]
      .map((name) => `set_config('${name}', 'off', true)`).join(", ")
  }`,
};

/** Creates the slice table and makes the statements. */
export async function openSliceMerge(
  connection: SqlConnection,
  options: SliceMergeOptions,
): Promise<SliceMerge> {
  const { table, columns, key, id, number } = options;
  const slice = `loophound_slice_${number}_${id}`;
  const merge = quoteIdentifier(`loophound_merge_${number}_${id}`);
  const statement = key.length === 0
    ? keylessStatement(slice, options)
    : keyedStatement(slice, {
      ...options,
      kept: await keptColumns(connection, table, columns),
    });
  // Emptied by each commit in place, which leaves no trace in the catalogue.
  // The order of its rows is kept in a column: unlike that of a table made
  // in the same transaction, its `ctid` may go back to earlier pages.
  await connection.batch([
    {
      sql: `create temp table ${
        quoteIdentifier(slice)
      } on commit delete rows as select ${columnList(columns)} from ${
        quoteIdentifier(table)
      } with no data`,
    },
    {
      sql: `alter table ${
        quoteIdentifier(slice)
      } add column ${NTH} bigint generated always as identity${
        key.map((name) => `, alter ${quoteIdentifier(name)} set not null`).join(
          "",
        )
      }`,
    },
    // Parsed and planned once, since that takes a quarter of a slice's time.
    { sql: `prepare ${merge} as ${statement}` },
  ]);
  const counts: MergeCounts = {
    duplicates: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    unresolved: 0,
    matched: 0,
  };
  return {
    slice,
    counts,
    async add(fill) {
      const [filled, , merged] = await connection.batch([
        fill,
        BY_INDEX,
        { sql: `execute ${merge}` },
      ]);
      const row = merged!.rows[0]!;
      for (const name of Object.keys(counts) as (keyof MergeCounts)[]) {
        counts[name] += Number(row[name]);
      }
      return filled!.affected;
    },
    async close() {
      // Not undone with the turn that prepared it, and not there before.
      await connection.query(`deallocate ${merge}`).catch(() => {});
      await connection.query(`drop table if exists ${quoteIdentifier(slice)}`);
    },
  };
}

/** Columns that a load leaves as they are in rows whose key it knows. */
async function keptColumns(
  connection: SqlConnection,
  table: string,
  columns: readonly string[],
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = ${
      regclass(table)
    } and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
  );
  return rows.map((row) => row.name).filter((name) => !columns.includes(name));
}
