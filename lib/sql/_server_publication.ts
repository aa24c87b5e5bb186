import { abortableItems } from "./_abortable.ts";
import {
  type BackendOptions,
  checkCopied,
  type PublicationBackend,
} from "./_publication_backend.ts";
import { columnList } from "./_quoting.ts";
import { replaceObstacle } from "./_replace_obstacle.ts";
import { mergeStage, type Stage } from "./_server_merge.ts";
import { serverSwap } from "./_server_swap.ts";
import { countUnresolved, EMPTY_COUNTS } from "./_counts.ts";
import type {
  TableColumn,
  TableLoad,
  TableLoadCounts,
  TableRebuild,
} from "./publication_types.ts";
import type { RowBatch } from "@loophound/toolkit/csv";
import { quoteIdentifier } from "./quote_identifier.ts";

/**
 * Run at the start of the transaction, for it alone: 64 MB let a stage of
 * about a million rows be hashed in memory, and a process that was killed
 * does not leave its merge running on the server for longer than a second.
 * A server on a system without that check goes on without it.
 */
const SETTINGS = `do $$
begin
  perform set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')), 67108864) / 1024 || 'kB', true);
  begin
    perform set_config('client_connection_check_interval', '1s', true);
  exception when others then null;
  end;
end $$`;

/** One transaction; see {@linkcode PublicationBackend}. */
export async function serverBackend(
  { connection, id, signal }: BackendOptions,
): Promise<PublicationBackend> {
  await connection.query("begin");
  try {
    await connection.query(SETTINGS);
  } catch (error) {
    await connection.query("rollback").catch(() => {});
    throw error;
  }
  const swap = serverSwap(connection, { id, signal });
  let stages = 0;

  async function copyInto(
    table: string,
    rows: {
      into: string;
      columns: readonly TableColumn[];
      batches: AsyncIterable<RowBatch>;
      onRows?: ((rows: number) => void) | undefined;
      freeze?: boolean;
    },
  ): Promise<number> {
    let sent = 0;
    async function* chunks() {
      for await (const batch of abortableItems(rows.batches, signal)) {
        yield batch.bytes;
        sent += batch.rows;
        rows.onRows?.(sent);
      }
    }
    const copied = await connection.copyFrom(
      `copy ${quoteIdentifier(rows.into)} (${
        columnList(rows.columns.map((column) => column.name))
      }) from stdin (format csv, encoding 'UTF8'${
        rows.freeze ? ", freeze" : ""
      })`,
      chunks(),
    );
    checkCopied(table, { sent, copied });
    signal?.throwIfAborted();
    return copied;
  }

  /** A temporary table with the types and collations of the target's columns. */
  async function createStage(
    load: { table: string; key: readonly string[]; unresolved?: string },
    columns: readonly string[],
  ): Promise<Stage> {
    const stage = `loophound_stage_${++stages}`;
    await connection.query(
      `create temp table ${stage} on commit drop as select ${
        columnList(columns)
      } from ${quoteIdentifier(load.table)} with no data`,
    );
    const notNull = load.key.map((name) =>
      `alter ${quoteIdentifier(name)} set not null`
    );
    await connection.query(`alter table ${stage} ${notNull.join(", ")}`);
    return {
      connection,
      signal,
      stage,
      table: load.table,
      columns,
      key: load.key,
      unresolved: load.unresolved,
    };
  }

  /**
   * Fills a table that has no key. An empty one is filled as it is; a full one
   * is replaced by a table filled beside it, since deleting a million rows
   * takes as long as copying them (0.84 s against 1.1 s where both were
   * measured). A table that something depends on is emptied all the same.
   */
  async function replaceWhole(
    table: string,
    fill: (into: string, fresh: boolean) => Promise<number>,
    unresolved?: string,
  ): Promise<TableLoadCounts> {
    const name = quoteIdentifier(table);
    const { rows: [old] } = await connection.query<{ rows: string }>(
      `select count(*) as rows from ${name}`,
    );
    const removed = Number(old?.rows);
    let into = table;
    if (removed > 0) {
      if (await replaceObstacle(connection, table) === undefined) {
        into = await swap.createBeside(table);
      } else {
        await connection.query(`delete from ${name}`);
      }
    }
    const rows = await fill(into, into !== table);
    const without = await countUnresolved(connection, into, unresolved);
    return {
      ...EMPTY_COUNTS,
      rows,
      inserted: rows - without,
      unresolved: without,
      removed,
    };
  }

  return {
    name: (table) => swap.name(table),
    async loadTable(load: TableLoad) {
      const { table, columns, batches, onRows } = load;
      if (load.key.length === 0) {
        return await replaceWhole(
          table,
          (into, freeze) =>
            copyInto(table, { into, columns, batches, onRows, freeze }),
          load.unresolved,
        );
      }
      const stage = await createStage(
        load,
        columns.map((column) => column.name),
      );
      const into = stage.stage;
      const rows = await copyInto(table, { into, columns, batches, onRows });
      return await mergeStage(stage, rows);
    },
    appendRows: (append) =>
      copyInto(append.table, {
        into: swap.name(append.table),
        columns: append.columns,
        batches: append.batches,
      }),
    async rebuildTable(rebuild: TableRebuild) {
      const select = rebuild.select(() => "true");
      const fill = async (into: string) => {
        const { affected } = await connection.query(
          `insert into ${quoteIdentifier(into)} (${
            columnList(rebuild.columns)
          }) ${select}`,
        );
        signal?.throwIfAborted();
        return affected;
      };
      if (rebuild.key.length === 0) {
        return await replaceWhole(rebuild.table, fill);
      }
      const stage = await createStage(rebuild, rebuild.columns);
      return await mergeStage(stage, await fill(stage.stage));
    },
    async commit(statements) {
      if (statements.length > 0) await connection.batch(statements);
      await swap.putInPlace();
      // A COMMIT of a failed transaction rolls back without saying so; any
      // other statement does say so.
      await connection.query("select 1");
      await connection.query("commit");
    },
    async undo() {
      await connection.query("rollback");
    },
  };
}
