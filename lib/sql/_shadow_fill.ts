import {
  copyErrorLine,
  countLines,
  cutCopy,
  partsOfLines,
} from "./_cut_copy.ts";
import { columnList, regclass, sameKey } from "./_quoting.ts";
import { BY_INDEX, QUICK_WAL } from "./_turn_settings.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

const UNIQUE_VIOLATION = "23505";

/**
 * A slice is cut once for so many rows of it, at rows whose keys are there
 * already. Each cut costs three turns: a copy that fails, one of the rows
 * before, and the row's detour. These rows take as long by the detour.
 */
const ROWS_PER_CUT = 800;

/** Rows that take the detour in one turn: about 20 ms. */
const DETOUR_ROWS = 500;

/** Slices after which rows are tried to be put in directly again, at most. */
const LONGEST_DETOUR = 64;

const NTH = "loophound_nth";

/** Fills a shadow table slice by slice; the last row of a key stays. */
export interface ShadowFill {
  /** Some slice held, or may have held, a key that was there already. */
  readonly duplicates: boolean;
  /**
   * Runs the statement that puts a slice of rows into the table that it is
   * given: one turn, or a few where keys come again.
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
 * fails as a whole and the row takes a detour through a temporary table, from
 * which it is merged; so does the whole slice if there are many such rows, or
 * if COPY cannot say which they are. The detour takes about ten times as long,
 * and a failed try comes on top, so a file with many such keys is not tried
 * directly each time.
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

  async function addDirectly(statement: SqlStatement): Promise<number> {
    const [, filled] = await connection.batch([QUICK_WAL, statement]);
    return filled!.affected;
  }

  async function addByDetour(
    fill: (into: string) => SqlStatement,
  ): Promise<number> {
    await createSlice();
    const whole = fill(slice);
    const parts = whole.copy === undefined
      ? [whole]
      : [...partsOfLines(whole.copy, DETOUR_ROWS)].map((copy) => ({
        ...whole,
        copy,
      }));
    let rows = 0;
    for (const part of parts) {
      const [filled] = await connection.batch([part, BY_INDEX, ...merge]);
      rows += filled!.affected;
    }
    return rows;
  }

  return {
    get duplicates() {
      return sliced;
    },
    async add(fill) {
      if (!direct || ahead > 0) {
        ahead = Math.max(0, ahead - 1);
        return await addByDetour(fill);
      }
      const statement = fill(shadow);
      let left = statement.copy;
      const part = (copy: Uint8Array | undefined, of = statement) =>
        copy === undefined ? of : { ...of, copy };
      const mostCuts = left === undefined
        ? 0
        : Math.floor(countLines(left) / ROWS_PER_CUT);
      let rows = 0;
      for (let cuts = 0;; cuts++) {
        try {
          rows += await addDirectly(part(left));
          if (cuts === 0) detour = 0;
          return rows;
        } catch (error) {
          const { code } = error as { code?: unknown };
          if (key.length === 0 || code !== UNIQUE_VIOLATION) throw error;
          const line = copyErrorLine(error);
          const cut = left === undefined || line === undefined ||
              cuts === mostCuts
            ? undefined
            : cutCopy(left, line);
          if (cut === undefined) {
            detour = Math.min(LONGEST_DETOUR, detour === 0 ? 1 : detour * 2);
            ahead = detour - 1;
            return rows +
              await addByDetour((into) => part(left, fill(into)));
          }
          if (cut.before.length > 0) {
            rows += await addDirectly(part(cut.before));
          }
          rows += await addByDetour((into) => part(cut.row, fill(into)));
          if (cut.after.length === 0) return rows;
          left = cut.after;
        }
      }
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
