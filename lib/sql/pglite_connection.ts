import { abortable } from "./_abortable.ts";
import { copyFromBlob } from "./copy_from_blob.ts";
import type { SqlConnection, SqlResult, SqlStatement } from "./types.ts";

/** What is used of PGlite, and of a transaction of it. */
export interface PgliteQueryable {
  query<R>(
    sql: string,
    // deno-lint-ignore no-explicit-any -- PGlite's own signature
    params?: any[],
    options?: { blob?: Blob },
  ): Promise<{ rows: R[]; affectedRows?: number }>;
}

/** What is used of a `PGlite` instance. */
export interface PgliteLike extends PgliteQueryable {
  transaction<T>(run: (tx: PgliteQueryable) => Promise<T>): Promise<T>;
}

/** PGlite has one session, so its advisory locks exclude nobody. */
const locksOf = new WeakMap<PgliteLike, Map<string, Promise<void>>>();

async function run<R>(
  on: PgliteQueryable,
  { sql, params = [], copy }: SqlStatement,
): Promise<SqlResult<R>> {
  const answer = copy === undefined
    // loophound-allow npm:@electric-sql/pglite.PGlite.prototype.query: who gives the instance has chosen its thread
    ? await on.query<R>(sql, [...params])
    // loophound-allow npm:@electric-sql/pglite.PGlite.prototype.query: who gives the instance has chosen its thread
    : await on.query<R>(copyFromBlob(sql), [], { blob: new Blob([copy]) });
  return { rows: answer.rows, affected: answer.affectedRows ?? 0 };
}

/**
 * Makes a connection for loads of a PGlite instance in this thread. Several
 * connections may share the instance; their locks exclude each other.
 * Disposing of one lets its locks go and leaves the instance open.
 *
 * @example
 * ```ts
 * import { pgliteConnection } from "@loophound/toolkit/sql";
 * import { PGlite } from "@electric-sql/pglite";
 *
 * await using pglite = new PGlite();
 * await using connection = pgliteConnection(pglite);
 * await connection.query("select 1 as one");
 * ```
 *
 * @returns A connection of mode `embedded`.
 */
export function pgliteConnection(pglite: PgliteLike): SqlConnection {
  let locks = locksOf.get(pglite);
  if (locks === undefined) locksOf.set(pglite, locks = new Map());
  const tails = locks;
  const held = new Set<() => void>();
  return {
    mode: "embedded",
    query: (sql, params = []) => run(pglite, { sql, params }),
    batch: (statements) =>
      pglite.transaction(async (tx) => {
        const results: SqlResult[] = [];
        for (const statement of statements) {
          results.push(await run(tx, statement));
        }
        return results;
      }),
    copyFrom(sql) {
      return Promise.reject(
        new TypeError(
          `Cannot stream "${
            sql.slice(0, 200)
          }": an embedded engine takes COPY only in a batch`,
        ),
      );
    },
    async lock(name, options = {}) {
      const before = tails.get(name);
      const { promise: freed, resolve } = Promise.withResolvers<void>();
      const tail = (before ?? Promise.resolve()).then(() => freed);
      tails.set(name, tail);
      tail.then(() => {
        if (tails.get(name) === tail) tails.delete(name);
      });
      const free = () => {
        held.delete(free);
        resolve();
      };
      try {
        options.signal?.throwIfAborted();
        if (before) await abortable(before, { signal: options.signal });
      } catch (error) {
        free();
        throw error;
      }
      held.add(free);
      return {
        [Symbol.asyncDispose]() {
          free();
          return Promise.resolve();
        },
      };
    },
    [Symbol.asyncDispose]() {
      for (const free of held) free();
      return Promise.resolve();
    },
  };
}
