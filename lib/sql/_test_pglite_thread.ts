/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
// A PGlite in a thread of its own, for tests: PGlite sets timers of ten
// seconds for PostgreSQL's statistics, which outlive a test.
import { PGlite } from "@electric-sql/pglite";

/** A statement as it is posted to the thread. */
export interface TestCall {
  id: number;
  sql: string;
  params: unknown[];
  copy: ArrayBuffer | undefined;
}

/** What the thread answers; the first answer, of id 0, says that it is up. */
export interface TestAnswer {
  id: number;
  rows?: unknown[];
  affectedRows?: number;
  /** Fields of an error, of which a clone would keep the message alone. */
  error?: { message: string };
}

const pglite = await PGlite.create();
self.onmessage = async ({ data }: MessageEvent<TestCall>) => {
  const { id, sql, params, copy } = data;
  try {
    const { rows, affectedRows } = await pglite.query(
      sql,
      params,
      copy === undefined ? {} : { blob: new Blob([copy]) },
    );
    self.postMessage({ id, rows, affectedRows } as TestAnswer);
  } catch (error) {
    const { message } = error as Error;
    self.postMessage(
      { id, error: { ...error as Error, message } } as TestAnswer,
    );
  }
};
self.postMessage({ id: 0 } satisfies TestAnswer);
