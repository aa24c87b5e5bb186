/**
 * Jobs for tests, on a real engine with real threads.
 *
 * @module
 */
import { createHttpClient } from "@loophound/toolkit/http";
import { openLimits } from "@loophound/toolkit/limits";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { createThreadPool, type ThreadPool } from "@loophound/toolkit/offload";
import { join } from "node:path";
import { coreMigrations } from "../db/core_migrations.ts";
import { openEngine } from "../db/engine.ts";
import { migrate } from "../db/migrate.ts";
import type { Engine } from "../db/types.ts";
import { testKinds } from "./_testing_kinds.ts";
import { testFields, testService, testSource } from "./_testing_source.ts";
import { jobMigrations, type Jobs, openJobs } from "./mod.ts";
import type { OpenJobsOptions } from "./open_jobs.ts";
import type { JobRecord, LoadRequest } from "./types.ts";

/** What jobs run on: as `src/backend.ts` puts it together. */
export interface Ground extends AsyncDisposable {
  readonly engine: Engine;
  readonly pool: ThreadPool;
  readonly dataDir: string;
  /** Opens jobs; the caller closes them. */
  open(options?: Partial<OpenJobsOptions>): Promise<Jobs>;
  /** How many starts and ends of loads with that tag were noted. */
  effects(tag: string): Promise<{ started: number; ended: number }>;
}

/** Times short enough for tests. */
export const testTiming = {
  leaseMs: 1_500,
  renewMs: 300,
  sweepMs: 300,
  pollMs: 300,
  backoffMs: 20,
  closeMs: 100,
  stopMs: 1_000,
};

/** Opens an engine, threads and the tables that the tests need. */
export async function openGround(
  dataDir: string,
  databaseUrl?: string,
): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  try {
    const pool = stack.use(
      await createThreadPool({
        classes: {
          load: { threads: 2 },
          query: { threads: 1 },
          short: { threads: 1 },
          spool: { threads: 1 },
        },
      }),
    );
    const limits = stack.use(openLimits({ limits: { import: 10 } }));
    const http = stack.use(createHttpClient());
    const engine = stack.use(await openEngine({ dataDir, pool, databaseUrl }));
    const monitor = stack.use(startLoopMonitor({ log: null, thresholdMs: 5 }));
    await migrate(engine, {
      core: [...coreMigrations, ...jobMigrations, {
        name: "0002_effects",
        sql: "create table effects (tag text, job text, what text)",
      }],
      collections: [],
    });
    await Deno.mkdir(join(dataDir, "spool"), { recursive: true });
    const owned = stack.move();
    return {
      engine,
      pool,
      dataDir,
      open: (options = {}) =>
        openJobs({
          engine,
          pool,
          services: { limits, http },
          monitor,
          sources: new Map([testSource, testService].map((source) => [
            source.name,
            source,
          ])),
          kinds: testKinds,
          limits: { maxExpandedBytes: 1e9, maxRecordBytes: 1e6 },
          spoolDir: join(dataDir, "spool"),
          allowedRoots: [dataDir],
          concurrency: { load: 2, other: 2 },
          ...options,
          timing: { ...testTiming, ...options.timing },
        }),
      async effects(tag) {
        const { rows } = await engine.executeSql(
          `select count(*) filter (where what = 'started')::int as started,
             count(*) filter (where what = 'ended')::int as ended
           from effects where tag = $1`,
          [tag],
        );
        return rows[0] as { started: number; ended: number };
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A load of the source for tests, of a file that no one opens. */
export function testRequest(
  fields: Record<string, unknown> = {},
  request: Partial<LoadRequest> = {},
): LoadRequest {
  return {
    source: "test",
    fields: testFields.parse(fields),
    file: { path: "/no/a.csv", name: "a.csv", bytes: 1_000, spooled: false },
    dryRun: false,
    sample: false,
    ...request,
  };
}

/** Waits until a condition holds. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Never so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A test of jobs, run on both engines. */
export type GroundTest = (ground: Ground) => Promise<void>;

/** Lets what waits for it go on. */
export async function openGate(path: string): Promise<void> {
  await Deno.writeTextFile(path, "");
}

/** A gate that is closed. */
export function gateIn(ground: Ground): string {
  return join(ground.dataDir, crypto.randomUUID());
}

/** Waits until a job is in a state. */
export async function untilState(
  jobs: Jobs,
  id: string,
  state: JobRecord["state"],
): Promise<void> {
  await until(
    `job ${id} is ${state}`,
    async () => (await jobs.get(id))?.state === state,
  );
}

/** A file as an upload leaves it; answers its path. */
export async function spoolFile(ground: Ground): Promise<string> {
  const path = join(ground.dataDir, "spool", `${crypto.randomUUID()}.upload`);
  await Deno.writeTextFile(path, "A,1\n");
  return path;
}

/** Names of the uploads that are there. */
export async function spooled(ground: Ground): Promise<string[]> {
  const names = [];
  for await (const { name } of Deno.readDir(join(ground.dataDir, "spool"))) {
    if (name !== "host_id") names.push(name);
  }
  return names;
}

/** What a test leaves in the tables. */
export const emptyTables =
  `truncate jobs, job_events, effects, job_hosts, source_state;
   delete from job_schedules`;
