/**
 * Jobs that tests write by hand, served over HTTP: without a worker, each
 * event comes when the test wants it.
 *
 * @module
 */
import { deadline, loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import type { TestEngine } from "../src/db/_engine_fixture.ts";
import {
  insertJob,
  openJobTables,
  writeProgress,
} from "../src/jobs/_feed_fixture.ts";
import { openJobFeed } from "../src/jobs/feed.ts";
import type {
  JobFeed,
  JobFilter,
  JobRecord,
  JobState,
} from "../src/jobs/types.ts";
import { jobEventRoutes } from "./job_events.ts";
import { onError } from "./problem.ts";
import { progressRoutes, type ProgressRoutesOptions } from "./progress.ts";
import { createRouter } from "./router.ts";

/** What the tests of watching need. */
export interface Watched extends AsyncDisposable {
  readonly test: TestEngine;
  /** `http://127.0.0.1:…`. */
  readonly url: string;
  readonly port: number;
  readonly stopping: AbortController;
  /** Who waits for events now. */
  waiting(): number;
  insert(): Promise<string>;
  progress(id: string, done: number): Promise<void>;
  setState(id: string, state: JobState): Promise<void>;
}

/** Options of {@linkcode openWatched}. */
export interface WatchedOptions
  extends Omit<ProgressRoutesOptions, "stopping"> {
  engine?: "pglite" | "postgres";
  heartbeatMs?: number;
  /** Of requests. @default {60_000} */
  deadlineMs?: number;
  apiToken?: string;
}

/** Waits until a condition holds. */
export async function until(
  what: string,
  holds: () => boolean,
): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Never so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Opens a database with the tables of jobs, and a server over it. */
export async function openWatched(
  options: WatchedOptions = {},
): Promise<Watched> {
  const stack = new AsyncDisposableStack();
  try {
    const test = stack.use(await openJobTables(options.engine ?? "pglite"));
    const { engine } = test;
    const opened = stack.use(
      await openJobFeed({ engine, timing: { pollMs: 20 } }),
    );
    let waiting = 0;
    const feed: JobFeed = {
      read: opened.read,
      oldest: opened.oldest,
      async changed(after, signal) {
        waiting++;
        await opened.changed(after, signal).finally(() => waiting--);
      },
      get newest() {
        return opened.newest;
      },
      get mode() {
        return opened.mode;
      },
    };
    const list = async ({ limit = 50, state, source, kind }: JobFilter = {}) =>
      (await engine.executeSql(
        `select * from jobs where ($1::text is null or state = $1)
           and ($2::text is null or source = $2)
           and ($3::text is null or kind = $3) order by seq desc limit $4`,
        [state ?? null, source ?? null, kind ?? null, limit],
      )).rows.map(toRecord);
    const jobs = {
      feed,
      list,
      async get(id: string) {
        const { rows } = await engine.executeSql(
          "select * from jobs where id = $1::text::uuid",
          [id],
        );
        return rows[0] && toRecord(rows[0]);
      },
    };
    const source = { name: "test", description: "A source" };
    const backend = {
      jobs,
      collections: [{ sources: [source], jobs: [] }],
      config: { apiToken: options.apiToken },
      // deno-lint-ignore no-explicit-any -- the parts of a backend that the routes use
    } as any;
    const monitor = stack.use(startLoopMonitor({ log: null, thresholdMs: 5 }));
    const stopping = new AbortController();
    let sockets = 0;
    const app = createRouter();
    app.onError(onError);
    app.use("*", loopMonitor(monitor));
    app.use("*", deadline(options.deadlineMs ?? 60_000));
    app.route(
      "/api/jobs",
      jobEventRoutes(backend, {
        stopping: stopping.signal,
        heartbeatMs: options.heartbeatMs ?? 15_000,
      }),
    );
    app.route(
      "/api/progress",
      progressRoutes(backend, {
        tickMs: 20,
        onSize: (size) => sockets = size,
        ...options,
        stopping: stopping.signal,
      }),
    );
    const server = stack.adopt(
      Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch),
      async (server) => {
        stopping.abort();
        await server.shutdown();
        // A client may know of its end before the server's side does.
        await until("all sockets are closed", () => sockets === 0);
      },
    );
    const { port } = server.addr as Deno.NetAddr;
    const owned = stack.move();
    return {
      test,
      port,
      url: `http://127.0.0.1:${port}`,
      stopping,
      waiting: () => waiting,
      insert: () => insertJob(engine),
      progress: (id, done) => writeProgress(engine, id, done),
      async setState(id, state) {
        await engine.executeSql(
          `update jobs set state = $2, started_at = clock_timestamp(),
             finished_at = case when $2 in ('queued', 'running') then null
               else clock_timestamp() end where id = $1::text::uuid`,
          [id, state],
        );
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function toRecord(row: Record<string, unknown>): JobRecord {
  const time = (value: unknown) =>
    value === null ? null : new Date(value as string).toISOString();
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    input: row.input,
    state: row.state,
    cancelling: false,
    progress: row.progress,
    report: row.report,
    attempts: row.attempts,
    error: row.error,
    created_at: time(row.created_at),
    started_at: time(row.started_at),
    finished_at: time(row.finished_at),
  } as unknown as JobRecord;
}
