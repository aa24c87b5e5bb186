import { copyErrorLine, cutCopy } from "./_cut_copy.ts";
import { columnList, regclass, sameKey } from "./_quoting.ts";
import { sliceRows } from "./_row_slices.ts";
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
const DETOUR = { rows: 500, bytes: Infinity };

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
   * @param fill Makes the statement for the table that it is given.
   * @param sent How many rows the statement copies, where that is known.
   * @returns How many rows the statement put there.
   */
  add(fill: (into: string) => SqlStatement, sent?: number): Promise<number>;
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
    statement: SqlStatement,
    sent: number | undefined,
  ): Promise<number> {
    await createSlice();
    const { copy } = statement;
    const parts = copy === undefined || sent === undefined
      ? [statement]
      : [...sliceRows({ bytes: copy, rows: sent }, DETOUR)]
        .map(({ bytes }) => ({ ...statement, copy: bytes }));
    let rows = 0;
    for (const part of parts) {
      const [filled] = await connection.batch([part, BY_INDEX, ...merge]);
      rows += filled!.affected;
    }
    return rows;
  }

  /** Adds rows directly; where a key is there already, none, and says where. */
  async function tryDirectly(
    statement: SqlStatement,
  ): Promise<{ rows: number } | { line: number | undefined }> {
    try {
      return { rows: await addDirectly(statement) };
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (key.length === 0 || code !== UNIQUE_VIOLATION) throw error;
      return { line: copyErrorLine(error) };
    }
  }

  return {
    get duplicates() {
      return sliced;
    },
    async add(fill, sent) {
      if (!direct || ahead > 0) {
        ahead = Math.max(0, ahead - 1);
        return await addByDetour(fill(slice), sent);
      }
      const statement = fill(shadow);
      const mostCuts = Math.floor((sent ?? 0) / ROWS_PER_CUT);
      let left = statement.copy;
      let rows = 0;
      for (let cuts = 0;; cuts++) {
        const tried = await tryDirectly(withCopy(statement, left));
        if ("rows" in tried) {
          if (cuts === 0) detour = 0;
          return rows + tried.rows;
        }
        const cut = cuts === mostCuts ? undefined : cutCopy(left, tried.line);
        if (cut === undefined) break;
        if (cut.before.length > 0) {
          rows += await addDirectly(withCopy(statement, cut.before));
        }
        rows += await addByDetour(withCopy(fill(slice), cut.row), 1);
        if (cut.after.length === 0) return rows;
        left = cut.after;
      }
      detour = Math.min(LONGEST_DETOUR, detour === 0 ? 1 : detour * 2);
      ahead = detour - 1;
      return rows + await addByDetour(
        withCopy(fill(slice), left),
        sent === undefined ? undefined : sent - rows,
      );
    },
    async close() {
      if (!sliced) return;
      await connection.query(`drop table if exists ${quoteIdentifier(slice)}`);
    },
  };
}

/** The statement with other rows to copy, if it copies any. */
function withCopy(
  statement: SqlStatement,
  copy: Uint8Array<ArrayBuffer> | undefined,
): SqlStatement {
  return copy === undefined ? statement : { ...statement, copy };
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
