import { abortableItems } from "./_abortable.ts";
import { appendedRows } from "./_appended_rows.ts";
import {
  type BackendOptions,
  checkCopied,
  type PublicationBackend,
} from "./_publication_backend.ts";
import { columnList, regclass } from "./_quoting.ts";
import { replaceObstacle } from "./_replace_obstacle.ts";
import { joinedSlices } from "./_row_slices.ts";
import { createShadow, type Shadow } from "./_shadow_table.ts";
import { slicePace } from "./_slice_pace.ts";
import { openShadowFill, type ShadowFill } from "./_shadow_fill.ts";
import { countShadow } from "./_shadow_counts.ts";
import type { TableLoadCounts } from "./publication_types.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlStatement } from "./types.ts";

/**
 * A slice of long rows is cut by bytes: copying 128 KiB into a table and
 * merging it stays within a turn of a few milliseconds.
 */
const SLICE_BYTES = 128 * 1024;

/** A series of short turns; see {@linkcode PublicationBackend}. */
export function embeddedBackend(options: BackendOptions): PublicationBackend {
  const { connection, id, dryRun, signal } = options;
  const limits = { rows: options.sliceRows, bytes: SLICE_BYTES };
  const pace = slicePace(limits);
  const shadows = new Map<string, Shadow>();
  const appended = appendedRows(connection);
  const fillings: ShadowFill[] = [];

  async function shadow(table: string): Promise<Shadow> {
    const obstacle = await replaceObstacle(connection, table, {
      strict: false,
    });
    if (obstacle !== undefined) {
      throw new Error(
        `Cannot load table "${table}": an embedded engine replaces it by another one, and that does not work with ${obstacle}`,
      );
    }
    const made = await createShadow(connection, table, id);
    shadows.set(table, made);
    return made;
  }

  const copyStatement = (
    into: string,
    columns: readonly string[],
    bytes: Uint8Array<ArrayBuffer>,
  ): SqlStatement => ({
    sql: `copy ${quoteIdentifier(into)} (${
      columnList(columns)
    }) from stdin (format csv, encoding 'UTF8')`,
    copy: bytes,
  });

  /** Fills a shadow in turns, and counts. */
  async function replace(
    load: {
      table: string;
      columns: readonly string[];
      key: readonly string[];
      unresolved?: string | undefined;
    },
    slices: AsyncIterable<
      { fill: (into: string) => SqlStatement; rows?: number }
    >,
    onRows?: (rows: number) => void,
  ): Promise<TableLoadCounts> {
    const { table, columns, key, unresolved } = load;
    const { name } = await shadow(table);
    const filling = await openShadowFill(connection, {
      table,
      shadow: name,
      columns,
      key,
      slice: `loophound_slice_${fillings.length + 1}_${id}`,
    });
    fillings.push(filling);
    let rows = 0;
    for await (const { fill, rows: sent } of slices) {
      const started = performance.now();
      const copied = await filling.add(fill, sent);
      pace.took(performance.now() - started);
      if (sent !== undefined) checkCopied(table, { sent, copied });
      rows += copied;
      onRows?.(rows);
      signal?.throwIfAborted();
    }
    await filling.close();
    await analyze(name, columns);
    return await countShadow(connection, {
      table,
      shadow: name,
      columns,
      key,
      unresolved,
      rows,
      duplicates: filling.duplicates,
      pace,
      signal,
    });
  }

  /**
   * Nobody else analyses tables here. A twentieth of the usual sample is
   * taken, column by column: with a tenth of it, a turn over a million rows
   * took 80 to 100 ms on a busy machine, as long as the longest slice. Arrays
   * are looked at element by element: 300 rows of them take as long as 1,500
   * of others.
   */
  async function analyze(
    name: string,
    columns: readonly string[],
  ): Promise<void> {
    const { rows } = await connection.query<{ name: string }>(
      `select a.attname as name from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = ${
        regclass(name)
      } and t.typcategory = 'A'`,
    );
    const arrays = new Set(rows.map((row) => row.name));
    for (const column of columns) {
      await connection.batch([
        {
          sql: `set local default_statistics_target = ${
            arrays.has(column) ? 1 : 5
          }`,
        },
        { sql: `analyze ${quoteIdentifier(name)} (${columnList([column])})` },
      ]);
    }
  }

  return {
    name: (table) => shadows.get(table)?.name ?? table,
    loadTable(load) {
      const columns = load.columns.map((column) => column.name);
      return replace(
        { ...load, columns },
        async function* () {
          const batches = abortableItems(load.batches, signal);
          const slices = joinedSlices(batches, pace.limits);
          for await (const { bytes, rows } of slices) {
            yield { fill: (into) => copyStatement(into, columns, bytes), rows };
          }
        }(),
        load.onRows,
      );
    },
    rebuildTable({ table, columns, key, select, expectedRows }) {
      const slices = key.length === 0
        ? 1
        : Math.max(1, Math.ceil(expectedRows / limits.rows));
      return replace(
        { table, columns, key },
        async function* () {
          for (let i = 0; i < slices; i++) {
            const query = select((expression) =>
              slices === 1
                ? "true"
                : `coalesce(hashtext((${expression})::text) & 2147483647, 0) % ${slices} = ${i}`
            );
            yield {
              fill: (into) => ({
                sql: `insert into ${quoteIdentifier(into)} (${
                  columnList(columns)
                }) ${query}`,
              }),
            };
          }
        }(),
      );
    },
    async appendRows({ table, columns, batches }) {
      // Rows that are not to stay go where nobody looks for them.
      const into = shadows.get(table)?.name ??
        (dryRun ? (await createForDryRun(table)).name : table);
      const names = columns.map((column) => column.name);
      let rows = 0;
      const slices = joinedSlices(
        abortableItems(batches, signal),
        pace.limits,
      );
      for await (const slice of slices) {
        const copy = copyStatement(into, names, slice.bytes);
        const started = performance.now();
        const copied = into === table
          ? await appended.add(table, copy)
          : (await connection.batch([copy]))[0]!.affected;
        pace.took(performance.now() - started);
        checkCopied(table, { sent: slice.rows, copied });
        rows += copied;
        signal?.throwIfAborted();
      }
      return rows;
    },
    async commit(statements) {
      await connection.batch([
        ...statements,
        ...[...shadows.values()].flatMap((made) => made.swap),
      ]);
    },
    async undo() {
      const steps = [
        ...fillings.map((filling) => () => filling.close()),
        ...[...shadows.values()].map(({ name }) => () =>
          connection.query(`drop table if exists ${quoteIdentifier(name)}`)
        ),
        () => appended.remove(),
      ];
      // One that fails must not keep the others from being undone.
      for (const step of steps) await step().catch(() => {});
    },
  };

  async function createForDryRun(table: string): Promise<Shadow> {
    const made = await createShadow(connection, table, id);
    shadows.set(table, made);
    return made;
  }
}
