/** What one statement answered. */
export interface SqlResult<R = Record<string, unknown>> {
  rows: R[];
  /** Rows inserted, updated, deleted or copied. */
  affected: number;
}

/** One statement of a {@linkcode SqlConnection.batch}. */
export interface SqlStatement {
  sql: string;
  params?: readonly unknown[];
  /**
   * The bytes of a `COPY … FROM STDIN` statement (COPY's CSV form). `sql` is
   * then written with `FROM STDIN`; the connection translates it for engines
   * that want it otherwise.
   */
  copy?: Uint8Array<ArrayBuffer>;
}

/**
 * A connection as loads need it: structural, so that `lib` depends on no
 * driver. One caller at a time.
 */
export interface SqlConnection extends AsyncDisposable {
  /**
   * `server`: a connection of one's own on a PostgreSQL server; a transaction
   * is held open as long as the load takes. `embedded`: the one connection of
   * an embedded engine, shared with every lookup: each call holds it only as
   * long as it runs, so work is cut into short batches.
   */
  readonly mode: "server" | "embedded";
  /** Runs one statement. In `embedded` mode in a turn of its own. */
  query<R = Record<string, unknown>>(
    sql: string,
    params?: readonly unknown[],
  ): Promise<SqlResult<R>>;
  /**
   * Runs the statements in order, all or none. In `embedded` mode that is one
   * turn of the engine, inside a transaction; in `server` mode it joins the
   * open transaction if there is one, else makes one.
   */
  batch(statements: readonly SqlStatement[]): Promise<SqlResult[]>;
  /**
   * Feeds `COPY … FROM STDIN` from a stream of byte chunks, with
   * backpressure. Only in `server` mode.
   *
   * @returns The number of rows that the server says it took.
   */
  copyFrom(sql: string, chunks: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * Waits for a lock that all processes and threads on this database share.
   * It is held until disposed of, or until the connection closes or dies.
   * Whoever holds it already and asks again waits for themselves: ask once.
   */
  lock(name: string, options?: LockOptions): Promise<AsyncDisposable>;
}

/** Options of {@linkcode SqlConnection.lock}. */
export interface LockOptions {
  /** Aborting it ends the waiting; a lock that is held stays held. */
  signal?: AbortSignal;
}
