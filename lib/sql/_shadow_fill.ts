import { columnList, regclass, sameKey } from "./_quoting.ts";
import { BY_INDEX, QUICK_WAL } from "./_turn_settings.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

const UNIQUE_VIOLATION = "23505";

/** Slices after which rows are tried to be put in directly again, at most. */
const LONGEST_DETOUR = 64;

const NTH = "loophound_nth";

/** Fills a shadow table slice by slice; the last row of a key stays. */
export interface ShadowFill {
  /** Some slice held, or may have held, a key that was there already. */
  readonly duplicates: boolean;
  /**
   * Runs the statement that puts a slice of rows into the table that it is
   * given: one turn, or two where keys come again.
   *
   * @returns How many rows the statement put there.
   */
  add(fill: (into: string) => SqlStatement): Promise<number>;
  /** Drops what was needed in between. */
  close(): Promise<void>;
}

/** What {@linkcode openShadowFill} takes. */
export interface ShadowFillOptions {
  table: string;
  shadow: string;
  columns: readonly string[];
  key: readonly string[];
  /** Name for a temporary table. */
  slice: string;
}

/**
 * Rows go straight into the shadow. Where a key is there already, the turn
 * fails as a whole and the slice takes a detour through a temporary table,
 * whose rows are then merged: that takes about twice as long, so a file with
 * many such keys is not tried directly each time.
 */
export async function openShadowFill(
  connection: SqlConnection,
  options: ShadowFillOptions,
): Promise<ShadowFill> {
  const { table, shadow, columns, key, slice } = options;
  const { kept, nullable } = await otherColumns(connection, options);
  // Columns that a load leaves as they are in rows whose key it knows must be
  // taken from the old table, and keys without a value are refused.
  const direct = kept.length === 0 && !nullable;
  const merge = mergeStatements(options, kept);
  let sliced = false;
  let detour = 0;
  let ahead = 0;

  async function createSlice(): Promise<void> {
    if (sliced) return;
    sliced = true;
    const name = quoteIdentifier(slice);
    // Emptied by each commit in place, which leaves no trace in the catalogue.
    // The order of its rows is kept in a column: unlike that of a table made
    // in the same transaction, its `ctid` may go back to earlier pages.
    const notNull = key.map((column) =>
      `, alter ${quoteIdentifier(column)} set not null`
    );
    await connection.batch([
      {
        sql: `create temp table ${name} on commit delete rows as select ${
          columnList(columns)
        } from ${quoteIdentifier(table)} with no data`,
      },
      {
        sql:
          `alter table ${name} add column ${NTH} bigint generated always as identity${
            notNull.join("")
          }`,
      },
    ]);
  }

  return {
    get duplicates() {
      return sliced;
    },
    async add(fill) {
      if (direct && ahead === 0) {
        try {
          const [, filled] = await connection.batch([QUICK_WAL, fill(shadow)]);
          detour = 0;
          return filled!.affected;
        } catch (error) {
          const { code } = error as { code?: unknown };
          if (key.length === 0 || code !== UNIQUE_VIOLATION) throw error;
          detour = Math.min(LONGEST_DETOUR, detour === 0 ? 1 : detour * 2);
          ahead = detour;
        }
      }
      await createSlice();
      const [filled] = await connection.batch([
        fill(slice),
        BY_INDEX,
        ...merge,
      ]);
      ahead = Math.max(0, ahead - 1);
      return filled!.affected;
    },
    async close() {
      if (!sliced) return;
      await connection.query(`drop table if exists ${quoteIdentifier(slice)}`);
    },
  };
}

async function otherColumns(
  connection: SqlConnection,
  { table, columns, key }: ShadowFillOptions,
): Promise<{ kept: string[]; nullable: boolean }> {
  if (key.length === 0) return { kept: [], nullable: false };
  const { rows } = await connection.query<
    { name: string; required: boolean }
  >(
    `select attname as name, attnotnull as required from pg_attribute where attrelid = ${
      regclass(table)
    } and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
  );
  return {
    kept: rows.map((row) => row.name).filter((name) => !columns.includes(name)),
    nullable: rows.some((row) => key.includes(row.name) && !row.required),
  };
}

/** Puts the last row of each key of the slice in the place of earlier ones. */
function mergeStatements(
  { table, shadow, columns, key, slice }: ShadowFillOptions,
  kept: readonly string[],
): SqlStatement[] {
  const into = quoteIdentifier(shadow);
  const list = columnList(columns);
  const keys = columnList(key);
  const last = `(select distinct on (${keys}) ${list} from ${
    quoteIdentifier(slice)
  } order by ${keys}, ${NTH} desc) n`;
  const set = columns.filter((name) => !key.includes(name)).map((name) => {
    const quoted = quoteIdentifier(name);
    return `${quoted} = excluded.${quoted}`;
  });
  const conflict = `on conflict (${keys}) do ${
    set.length === 0 ? "nothing" : `update set ${set.join(", ")}`
  }`;
  const values = columnList(columns, "n");
  if (kept.length === 0) {
    return [{
      sql:
        `insert into ${into} (${list}) select ${values} from ${last} ${conflict}`,
    }];
  }
  const old = quoteIdentifier(table);
  const match = sameKey(key, ["n", "t"]);
  return [
    {
      sql: `insert into ${into} (${list}, ${
        columnList(kept)
      }) overriding system value select ${values}, ${
        columnList(kept, "t")
      } from ${last} join ${old} t on ${match} ${conflict}`,
    },
    {
      sql:
        `insert into ${into} (${list}) select ${values} from ${last} where not exists (select from ${old} t where ${match}) ${conflict}`,
    },
  ];
}
