import { from as copyFrom } from "pg-copy-streams";
import { feedCopy } from "./_feed_copy.ts";
import { pollLock } from "./_poll_lock.ts";
import type { SqlConnection, SqlResult, SqlStatement } from "./types.ts";

/** What is used of `pg`'s `Client` (8.18 or newer) or `PoolClient`. */
export interface PgClientLike {
  query(
    sql: string,
    // deno-lint-ignore no-explicit-any -- pg's own signature
    values?: any[],
    // deno-lint-ignore no-explicit-any -- rows of any shape
  ): Promise<{ rows: any[]; rowCount: number | null }>;
  // deno-lint-ignore no-explicit-any -- pg's Submittable, which names pg's Connection
  query<T extends { submit: (connection: any) => void }>(submittable: T): T;
  /** `I` idle, `T` in a transaction, `E` in a failed one. */
  getTransactionStatus(): string | null;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** Options of {@linkcode pgConnection}. */
export interface PgConnectionOptions {
  /**
   * Called once when the connection is disposed of: `client.end()`, or
   * `client.release()` of a pool.
   */
  close: () => void | Promise<void>;
}

/**
 * Makes a connection for loads of a connected client of `pg`. Nobody else may
 * use the client meanwhile.
 *
 * @example
 * ```ts ignore
 * import { pgConnection } from "@loophound/toolkit/sql";
 * import pg from "pg";
 *
 * const client = new pg.Client("postgres://localhost/catalogue");
 * await client.connect();
 * await using connection = pgConnection(client, { close: () => client.end() });
 * const { rows } = await connection.query("select 1 as one");
 * ```
 *
 * @param client A client that is connected already.
 * @returns A connection of mode `server`.
 */
export function pgConnection(
  client: PgClientLike,
  options: PgConnectionOptions,
): SqlConnection {
  // Without a listener a server that goes away would end the process; the
  // next statement tells the caller.
  const ignore = () => {};
  client.on("error", ignore);
  let closed = false;

  async function query<R>(
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<SqlResult<R>> {
    const { rows, rowCount } = params.length === 0
      ? await client.query(sql)
      : await client.query(sql, [...params]);
    return { rows, affected: rowCount ?? 0 };
  }

  const copy = (sql: string, chunks: AsyncIterable<Uint8Array>) =>
    feedCopy(client.query(copyFrom(sql)), chunks);

  async function runAll(
    statements: readonly SqlStatement[],
  ): Promise<SqlResult[]> {
    const results: SqlResult[] = [];
    for (const { sql, params, copy: bytes } of statements) {
      results.push(
        bytes === undefined
          ? await query(sql, params)
          : { rows: [], affected: await copy(sql, one(bytes)) },
      );
    }
    return results;
  }

  return {
    mode: "server",
    query,
    async batch(statements) {
      if (client.getTransactionStatus() !== "I") {
        return await runAll(statements);
      }
      await client.query("begin");
      try {
        const results = await runAll(statements);
        await client.query("commit");
        return results;
      } catch (error) {
        // The first error is the one to tell: where rolling back fails too,
        // the connection is gone and the server rolls back by itself.
        await client.query("rollback").catch(() => {});
        throw error;
      }
    },
    copyFrom: copy,
    async lock(name, lockOptions = {}) {
      await pollLock(async () => {
        const { rows } = await query<{ locked: boolean }>(
          "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked",
          [name],
        );
        return rows[0]?.locked === true;
      }, lockOptions);
      let held = true;
      return {
        async [Symbol.asyncDispose]() {
          if (!held || closed) return;
          held = false;
          await query("select pg_advisory_unlock(hashtextextended($1, 0))", [
            name,
          ]);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await options.close();
      // Only now: a connection may break while it is being closed, too.
      client.off("error", ignore);
    },
  };
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
