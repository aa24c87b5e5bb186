import { columnList, regclass, sameKey } from "./_quoting.ts";
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
}

/** What {@linkcode openSliceMerge} takes. */
export interface SliceMergeOptions {
  table: string;
  shadow: string;
  columns: readonly string[];
  key: readonly string[];
  unresolved?: string | undefined;
  /** Both name the temporary table. */
  id: string;
  number: number;
}

const NTH = "loophound_nth";

/**
 * The few thousand rows of a slice are looked up by key in tables that nobody
 * has analysed. Left alone, the planner reads the whole of them for that.
 */
const BY_INDEX: SqlStatement = {
  sql: `select ${
    ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map((name) =>
      `set_config('${name}', 'off', true)`
    ).join(", ")
  }`,
};

/** Creates the slice table and makes the statements. */
export async function openSliceMerge(
  connection: SqlConnection,
  options: SliceMergeOptions,
): Promise<SliceMerge> {
  const { table, columns, key, id, number } = options;
  const slice = `loophound_slice_${number}_${id}`;
  const merge = key.length === 0
    ? keylessStatements(slice, options)
    : keyedStatements(slice, {
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
      const results = await connection.batch([fill, ...merge]);
      const rows = results[0]!.affected;
      const row = results.at(-1)!.rows[0]!;
      for (const name of Object.keys(counts) as (keyof MergeCounts)[]) {
        counts[name] += Number(row[name]);
      }
      return rows;
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

function keylessStatements(
  slice: string,
  { shadow, columns, unresolved = "false" }: SliceMergeOptions,
): SqlStatement[] {
  const list = columnList(columns);
  const from = quoteIdentifier(slice);
  return [
    {
      sql: `insert into ${
        quoteIdentifier(shadow)
      } (${list}) select ${list} from ${from} order by ${NTH}`,
    },
    {
      sql: `select 0 as duplicates, 0 as updated, 0 as unchanged, 0 as matched,
        count(*) filter (where not u) as inserted, count(*) filter (where u) as unresolved
      from (select coalesce((${unresolved}), false) as u from ${from} r) c`,
    },
  ];
}

/**
 * One statement that writes the last row of each key and tells what became
 * of the rows.
 *
 * A row counts by what the old table has under its key. Where an earlier
 * slice brought the same key (`returning old`, PostgreSQL 18), what that row
 * was counted as is taken back, so that the sums are right after each slice
 * and no second pass is needed.
 */
function keyedStatements(
  slice: string,
  options: SliceMergeOptions & { kept: readonly string[] },
): SqlStatement[] {
  const { table, shadow, columns, key, kept, unresolved = "false" } = options;
  const old = quoteIdentifier(table);
  const into = quoteIdentifier(shadow);
  const from = quoteIdentifier(slice);
  const list = columnList(columns);
  const keys = columnList(key);
  const values = columns.filter((name) => !key.includes(name));
  const conflict = `on conflict (${keys}) do ${
    values.length === 0 ? "nothing" : `update set ${
      values.map((name) => {
        const quoted = quoteIdentifier(name);
        return `${quoted} = excluded.${quoted}`;
      }).join(", ")
    }`
  }`;
  const returned = (row: "new" | "old") =>
    columns.map((name, i) =>
      `${row}.${quoteIdentifier(name)} as loophound_${row}_${i}`
    ).join(", ");
  const returning = `${conflict} returning ${returned("new")}, ${
    returned("old")
  }`;
  const match = sameKey(key, ["n", "t"]);
  const writes = kept.length === 0
    ? [`insert into ${into} (${list}) select ${list} from last ${returning}`]
    : [
      `insert into ${into} (${list}, ${
        columnList(kept)
      }) overriding system value select ${columnList(columns, "n")}, ${
        columnList(kept, "t")
      } from last n join ${old} t on ${match} ${returning}`,
      `insert into ${into} (${list}) select ${list} from last n
        where not exists (select from ${old} t where ${match}) ${returning}`,
    ];
  const first = quoteIdentifier(key[0]!);
  const row = (which: "new" | "old") =>
    `select ${
      columns.map((name, i) =>
        `w.loophound_${which}_${i} as ${quoteIdentifier(name)}`
      ).join(", ")
    }`;
  const classed = (which: "new" | "old") =>
    `select ${which === "new" ? "1" : "-1"} as sign,
      coalesce((${unresolved}), false) as u,
      loophound_known as known, loophound_differs_${which} as differs
    from (${row(which)}, w.loophound_known, w.loophound_differs_${which}
      from matched w${
      which === "new"
        ? ""
        : ` where w.loophound_old_${columns.indexOf(key[0]!)} is not null`
    }) r`;
  const written = (which: "new" | "old") =>
    values.length === 0
      ? "false"
      : `row(${
        values.map((name) => `w.loophound_${which}_${columns.indexOf(name)}`)
          .join(", ")
      })::record *<> row(${columnList(values, "t")})::record`;
  const sum = (condition: string, name: string) =>
    `coalesce(sum(sign) filter (where ${condition}), 0) as ${name}`;
  return [BY_INDEX, {
    sql: `with last as materialized (
      select distinct on (${keys}) ${list} from ${from} order by ${keys}, ${NTH} desc
    ),
    ${writes.map((write, i) => `w${i} as (${write})`).join(",\n")},
    matched as materialized (
      select w.*, t.${first} is not null as loophound_known,
        ${written("new")} as loophound_differs_new,
        ${written("old")} as loophound_differs_old
      from (${
      writes.map((_, i) => `select * from w${i}`).join(" union all ")
    }) w
      left join ${old} t on ${
      key.map((name) =>
        `t.${quoteIdentifier(name)} = w.loophound_new_${columns.indexOf(name)}`
      ).join(" and ")
    }
    ),
    classed as (${classed("new")} union all ${classed("old")})
    select (select count(*) from ${from}) - coalesce(sum(sign), 0) as duplicates,
      ${sum("not u and not known", "inserted")},
      ${sum("not u and known and differs", "updated")},
      ${sum("not u and known and not differs", "unchanged")},
      ${sum("u", "unresolved")},
      ${sum("known", "matched")}
    from classed`,
  }];
}
