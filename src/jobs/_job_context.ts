import type { ThreadPool } from "@loophound/toolkit/offload";
import { sql } from "kysely";
import type { Engine } from "../db/types.ts";
import { JobStoppedError } from "./_failure.ts";
import type { ProgressTracker } from "./_progress.ts";
import type { JobRow } from "./_rows.ts";
import type { JobContext, JobServices } from "./types.ts";

/** What {@linkcode jobContext} works with. */
export interface JobContextOptions {
  engine: Engine;
  pool: ThreadPool;
  /** Who has claimed the job. */
  owner: string;
  services: JobServices;
  progress: Pick<ProgressTracker, "update">;
  signal: AbortSignal;
}

/** What one attempt at a job is given. */
export function jobContext(
  row: JobRow,
  options: JobContextOptions,
): JobContext {
  const { engine, owner, signal } = options;
  const { id, attempts: number } = row;
  return {
    id,
    attempt: number,
    signal,
    engine,
    pool: options.pool,
    ...options.services,
    checkpoint: row.checkpoint ?? undefined,
    progress: (update) => options.progress.update(update),
    fence: {
      sql: "select hold_job($1::text::uuid, $2::text::int, $3)",
      params: [id, String(number), owner],
    },
    async step(checkpoint, work) {
      signal.throwIfAborted();
      await engine.light.transaction().execute(async (trx) => {
        await work?.(trx);
        signal.throwIfAborted();
        // The last statement: the renewal of the claim waits for this row.
        const { rows } = await sql`update jobs set checkpoint = ${
          JSON.stringify(checkpoint ?? null)
        }::text::json where id = ${id}::text::uuid and attempts = ${number}
          and owner = ${owner} and state = 'running' returning id`.execute(trx);
        if (rows.length === 0) throw new JobStoppedError("lost");
      });
    },
  };
}
