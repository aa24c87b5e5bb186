import { columnList, sameKey } from "./_quoting.ts";
import { quoteIdentifier } from "./quote_identifier.ts";

/** What the merging of slices is told. */
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

/** Column of the slice that keeps the order of its rows. */
export const NTH = "loophound_nth";

/** Inserts the rows of a slice and counts them. */
export function keylessStatement(
  slice: string,
  { shadow, columns, unresolved = "false" }: SliceMergeOptions,
): string {
  const list = columnList(columns);
  const from = quoteIdentifier(slice);
  return `with w as (
      insert into ${
    quoteIdentifier(shadow)
  } (${list}) select ${list} from ${from} order by ${NTH}
    )
    select 0 as duplicates, 0 as updated, 0 as unchanged, 0 as matched,
      count(*) filter (where not u) as inserted, count(*) filter (where u) as unresolved
    from (select coalesce((${unresolved}), false) as u from ${from} r) c`;
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
export function keyedStatement(
  slice: string,
  options: SliceMergeOptions & { kept: readonly string[] },
): string {
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
  return `with last as materialized (
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
    from classed`;
}
