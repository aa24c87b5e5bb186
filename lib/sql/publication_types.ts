import type { RowBatch } from "@loophound/toolkit/csv";
import type { SqlConnection, SqlStatement } from "./types.ts";

/**
 * A set of changes that readers see at once or not at all.
 *
 * On a server it is one transaction. On an embedded engine it is a series of
 * short batches into shadow tables that nobody reads, then one batch that
 * puts them in place: no lookup waits for longer than a slice.
 */
export interface Publication extends AsyncDisposable {
  readonly connection: SqlConnection;
  /** The table that holds the new rows of `table` within this publication. */
  name(table: string): string;
  /**
   * Replaces what a table holds by the rows of a file, the last row of a key
   * counting. Rows of the table that the file lacks are removed.
   */
  loadTable(load: TableLoad): Promise<TableLoadCounts>;
  /** Adds rows to a table that readers filter by version; replaces nothing. */
  appendRows(append: TableAppend): Promise<number>;
  /** Replaces what a table holds by what a query answers. */
  rebuildTable(rebuild: TableRebuild): Promise<TableLoadCounts>;
  /** Waits for a lock, held until the publication ends. */
  lock(name: string): Promise<void>;
  /**
   * Runs the statements and makes everything visible, in one turn. With
   * `dryRun` nothing is run and nothing becomes visible.
   */
  commit(statements?: readonly SqlStatement[]): Promise<void>;
  // [Symbol.asyncDispose]: undoes what was not committed.
}

/** A column of a staged file. */
export interface TableColumn {
  name: string;
  /**
   * PostgreSQL type, as in `create table`. The stage takes the type that the
   * column has in the table, so this one only tells readers.
   */
  type: string;
}

export interface TableLoad {
  table: string;
  /** In the order of the fields of the batches. */
  columns: readonly TableColumn[];
  /** Key columns; none: the table has no key and is replaced whole. */
  key: readonly string[];
  batches: AsyncIterable<RowBatch>;
  /**
   * SQL condition over the row alias `r`: true where the row is kept but
   * names nothing that is known, e.g.
   * `not exists (select from gene_names n where n.name = r.symbol)`.
   */
  unresolved?: string;
  /** Called with the number of rows taken so far. */
  onRows?: (rows: number) => void;
}

export interface TableAppend {
  table: string;
  columns: readonly TableColumn[];
  batches: AsyncIterable<RowBatch>;
}

export interface TableRebuild {
  table: string;
  columns: readonly string[];
  key: readonly string[];
  /**
   * The query, its columns in the order of `columns`. `slice("expr")` is a
   * condition on the key expression that it must have in its `where`: on an
   * embedded engine it cuts the work into slices, on a server it is `true`.
   */
  select: (slice: (keyExpression: string) => string) => string;
  /** About how many rows it will answer: sizes the slices. */
  expectedRows: number;
}

/**
 * What became of the rows:
 * `rows = inserted + updated + unchanged + duplicates + unresolved`.
 */
export interface TableLoadCounts {
  rows: number;
  /** Rows that a later one of the same key replaced. */
  duplicates: number;
  inserted: number;
  updated: number;
  unchanged: number;
  /** Kept, but counted here and not as inserted, updated or unchanged. */
  unresolved: number;
  /** Rows of before that are gone. */
  removed: number;
}

/** Options of `beginPublication`. */
export interface PublicationOptions {
  /** Names shadow tables; 1 to 40 lower-case letters and digits. */
  id: string;
  /** @default {false} */
  dryRun?: boolean;
  signal?: AbortSignal;
  /**
   * Most rows of one embedded slice. Slices shrink, down to an eighth, while
   * they take longer than 20 ms.
   *
   * @default {2000}
   */
  sliceRows?: number;
}
