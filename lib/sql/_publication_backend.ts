import type {
  TableAppend,
  TableLoad,
  TableLoadCounts,
  TableRebuild,
} from "./publication_types.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

/** How one kind of connection does what a publication promises. */
export interface PublicationBackend {
  /** Unquoted name of the table that holds the new rows of `table`. */
  name(table: string): string;
  loadTable(load: TableLoad): Promise<TableLoadCounts>;
  appendRows(append: TableAppend): Promise<number>;
  rebuildTable(rebuild: TableRebuild): Promise<TableLoadCounts>;
  commit(statements: readonly SqlStatement[]): Promise<void>;
  /** Undoes everything; rejects where the connection has gone. */
  undo(): Promise<void>;
}

/** What a backend is made of. */
export interface BackendOptions {
  connection: SqlConnection;
  id: string;
  dryRun: boolean;
  signal: AbortSignal | undefined;
  sliceRows: number;
}

/** COPY is no validator: it must have taken as many rows as were sent. */
export function checkCopied(
  table: string,
  counts: { sent: number; copied: number },
): void {
  const { sent, copied } = counts;
  if (sent === copied) return;
  throw new Error(
    `Cannot load table "${table}": COPY took ${copied} rows of the ${sent} that were sent`,
  );
}
