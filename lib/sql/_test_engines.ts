import type { RowBatch } from "@loophound/toolkit/csv";
import pg from "pg";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { pgConnection } from "./pg_connection.ts";
import type { TestAnswer, TestCall } from "./_test_pglite_thread.ts";
import {
  pgliteConnection,
  type PgliteLike,
  type PgliteQueryable,
} from "./pglite_connection.ts";
import type { SqlConnection } from "./types.ts";

/** A database of a test file's own, empty but for what its tests create. */
export interface TestEngine extends AsyncDisposable {
  readonly name: "postgres" | "pglite";
  connect(): Promise<SqlConnection>;
}

/** PGlite in memory, in a thread, as `pgliteConnection` wants it. */
export async function startPglite(): Promise<TestEngine> {
  const worker = new Worker(
    new URL("./_test_pglite_thread.ts", import.meta.url),
    { type: "module" },
  );
  const waiting = new Map<number, (answer: TestAnswer) => void>();
  let calls = 0;
  const up = new Promise((resolve) => waiting.set(0, resolve));
  worker.onmessage = ({ data }: MessageEvent<TestAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  await up;

  const query: PgliteQueryable["query"] = async <R>(
    sql: string,
    params: unknown[] = [],
    options: { blob?: Blob } = {},
  ) => {
    const copy = await options.blob?.arrayBuffer();
    const id = ++calls;
    const answer = await new Promise<TestAnswer>((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage({ id, sql, params, copy } satisfies TestCall);
    });
    if (answer.error !== undefined) {
      throw Object.assign(new Error(answer.error.message), answer.error);
    }
    const { rows = [], affectedRows = 0 } = answer;
    return { rows: rows as R[], affectedRows };
  };

  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => {});
    return result;
  };
  const pglite: PgliteLike = {
    query: (...call) => inTurn(() => query(...call)) as Promise<never>,
    transaction: (run) =>
      inTurn(async () => {
        await query("begin");
        try {
          const result = await run({ query });
          await query("commit");
          return result;
        } catch (error) {
          await query("rollback");
          throw error;
        }
      }),
  };
  return {
    name: "pglite",
    connect: () => Promise.resolve(pgliteConnection(pglite)),
    [Symbol.asyncDispose]: () => Promise.resolve(worker.terminate()),
  };
}

/** A throwaway PostgreSQL server. */
export async function startServer(): Promise<TestEngine> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  return {
    name: "postgres",
    async connect() {
      const client = new pg.Client(url);
      await client.connect();
      return pgConnection(client, { close: () => client.end() });
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

let ids = 0;

/** An id that no other publication of the test file has. */
export function freshId(): string {
  return `t${++ids}`;
}

function field(value: unknown): string {
  if (value === null) return "";
  return `"${String(value).replaceAll('"', '""')}"`;
}

/** One batch of rows, each field quoted; null is an empty field. */
export function batchOf(rows: readonly (readonly unknown[])[]): RowBatch {
  const text = rows.map((row) => row.map(field).join(",") + "\n").join("");
  return { bytes: new TextEncoder().encode(text), rows: rows.length };
}

/** Batches of at most `size` rows. */
export async function* batchesOf(
  rows: readonly (readonly unknown[])[],
  size = 3,
): AsyncGenerator<RowBatch, void> {
  for (let i = 0; i < rows.length; i += size) {
    await Promise.resolve();
    yield batchOf(rows.slice(i, i + size));
  }
}

/** All rows of a query, as arrays of text. */
export async function rowsOf(
  connection: SqlConnection,
  sql: string,
): Promise<string[]> {
  const { rows } = await connection.query<Record<string, unknown>>(sql);
  return rows.map((row) => Object.values(row).join("|"));
}

/** Tables and temporary tables that a publication should have dropped. */
export async function leftovers(connection: SqlConnection): Promise<string[]> {
  return await rowsOf(
    connection,
    "select relname from pg_class where relkind = 'r' and (relname like '%\\_\\_t%' or relname like 'loophound%')",
  );
}
