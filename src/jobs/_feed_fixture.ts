/**
 * The table `jobs` with its log of events, written without a job store.
 *
 * @module
 */
import { openTestEngine, type TestEngine } from "../db/_engine_fixture.ts";
import { migrate } from "../db/migrate.ts";
import type { Engine } from "../db/types.ts";
import { jobMigrations } from "./migrations.ts";

/** Opens an engine with the tables of jobs. */
export async function openJobTables(
  kind: "pglite" | "postgres",
): Promise<TestEngine> {
  const test = await openTestEngine(kind);
  try {
    await migrate(test.engine, { core: jobMigrations, collections: [] });
  } catch (error) {
    await test[Symbol.asyncDispose]();
    throw error;
  }
  return test;
}

/** Progress as a job writes it. */
function progressOf(done: number): string {
  return JSON.stringify({
    done,
    total: 100,
    rate: 0,
    doing: "loading",
    eta_s: null,
  });
}

/** Writes a job down: one event. Answers its id. */
export async function insertJob(
  engine: Pick<Engine, "executeSql">,
): Promise<string> {
  const id = crypto.randomUUID();
  await engine.executeSql(
    `insert into jobs (id, source, input, request, dedup_key, progress)
     values ($1::text::uuid, 'test', '{}', '{}', $1, $2::text::json)`,
    [id, progressOf(0)],
  );
  return id;
}

/** Writes progress: one event. */
export async function writeProgress(
  engine: Pick<Engine, "executeSql">,
  id: string,
  done: number,
): Promise<void> {
  await engine.executeSql(
    "update jobs set progress = $2::text::json where id = $1::text::uuid",
    [id, progressOf(done)],
  );
}
