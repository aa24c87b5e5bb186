import { pageRanges } from "./_table_turns.ts";
import { QUICK_WAL } from "./_turn_settings.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

/** Rows appended to real tables of an embedded engine, to be found again. */
export interface AppendedRows {
  /** Copies rows in one turn; answers how many. */
  add(table: string, copy: SqlStatement): Promise<number>;
  /** Deletes all rows that were added, in short turns. */
  remove(): Promise<void>;
}

/**
 * Remembers the transaction of each turn: a row keeps the one that wrote it
 * in `xmin`, so rows are found without knowing what is in them.
 */
export function appendedRows(connection: SqlConnection): AppendedRows {
  const transactions = new Map<string, string[]>();
  return {
    async add(table, copy) {
      const [, copied, transaction] = await connection.batch([
        QUICK_WAL,
        copy,
        { sql: "select pg_current_xact_id()::xid::text as id" },
      ]);
      const ids = transactions.get(table) ?? [];
      ids.push(String(transaction?.rows[0]?.id));
      transactions.set(table, ids);
      return copied?.affected ?? 0;
    },
    async remove() {
      for (const [table, ids] of transactions) {
        for (const range of await pageRanges(connection, table)) {
          await connection.query(
            `delete from ${
              quoteIdentifier(table)
            } t where ${range} and xmin = any($1::xid[])`,
            [`{${ids.join(",")}}`],
          );
        }
      }
      transactions.clear();
    },
  };
}
