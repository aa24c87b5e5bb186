import { getLogger } from "@logtape/logtape";
import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { ThreadPool } from "@loophound/toolkit/offload";
import { hostname } from "node:os";
import process from "node:process";
import type { Source } from "../collection.ts";
import type { Engine } from "../db/types.ts";
import { ProblemError } from "../errors.ts";
import { endings } from "./_endings.ts";
import { hostId } from "./_host.ts";
import { jobCommands } from "./_job_commands.ts";
import { runnableLoad } from "./_load_kind.ts";
import { followNews } from "./_news.ts";
import type { LoadLimits } from "./_run_load.ts";
import { type Runnable, runnableKind } from "./_runnable.ts";
import { scheduleStore } from "./_schedule_store.ts";
import { type ScheduleRunner, scheduleRunner } from "./_schedules.ts";
import { sqlRunner } from "./_sql.ts";
import { jobStore } from "./_store.ts";
import { openTickets } from "./_tickets.ts";
import { keepUploads } from "./_uploads.ts";
import { startWorker } from "./_worker.ts";
import { openJobFeed } from "./feed.ts";
import { type JobRetention, pruneJob, pruneSchedule } from "./prune.ts";
import { type JobTiming, jobTiming } from "./timing.ts";
import type {
  JobEvent,
  JobKind,
  JobRecord,
  Jobs,
  JobServices,
} from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** Options of {@linkcode openJobs}. */
export interface OpenJobsOptions {
  engine: Engine;
  pool: ThreadPool;
  /** For what jobs ask of services outside. */
  services: JobServices;
  sources: ReadonlyMap<string, Source>;
  /** Jobs besides loads; `prune` is always there. @default {[]} */
  kinds?: readonly JobKind[];
  monitor: LoopMonitor;
  limits: LoadLimits;
  /** Where uploads are spooled; the id of this host is kept there too. */
  spoolDir: string;
  /** Folders that scheduled loads may read. @default {[]} */
  allowedRoots?: readonly string[];
  /** Jobs at once. */
  concurrency: {
    /** As many as there are threads of the class `load`. */
    load: number;
    /** Of all other kinds: a slow one never takes a load's place. */
    other: number;
  };
  /** @default {{}} */
  retention?: JobRetention;
  /** Called when a job has ended in this server, however. */
  onFinished?: (record: JobRecord) => void;
  /** @default {jobTiming(engine.kind)} */
  timing?: Partial<JobTiming>;
}

function byName<Named extends { name: string }>(
  named: readonly Named[],
): Map<string, Named> {
  const map = new Map(named.map((one) => [one.name, one]));
  const twice = named.find((one) => map.get(one.name) !== one);
  if (twice !== undefined) {
    throw new TypeError(
      `Cannot open jobs: kind "${twice.name}" is there twice`,
    );
  }
  return map;
}

const endTypes = new Set<JobEvent["type"]>([
  "succeeded",
  "failed",
  "cancelled",
]);

/** For whoever reads the table; the owner is unique without it. */
function hostName(): string {
  try {
    return hostname();
  } catch {
    // Without the permission `sys`.
    return "host";
  }
}

/**
 * Opens the jobs: takes up what was left unfinished and starts to run what is
 * queued. The tables of `jobMigrations` must be there.
 *
 * The embedded engine has one server at a time, so what is "running" when it
 * opens was a dead one's and is run again at once. On PostgreSQL a running job
 * has an owner who renews its lease; when that runs out, a server that can
 * read the job's file takes the job over.
 */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs> {
  const { engine, sources, spoolDir, concurrency } = options;
  const timing = jobTiming(engine.kind, options.timing);
  const alone = engine.kind === "pglite";
  const kinds = byName([
    ...options.kinds ?? [],
    pruneJob(options.retention),
  ]);
  const runnables = new Map<string, Runnable>(
    [runnableLoad(options), ...[...kinds.values()].map(runnableKind)]
      .map((one) => [one.name, one]),
  );
  const host = await hostId(spoolDir);
  const owner = `${hostName()}:${process.pid}:${crypto.randomUUID()}`;
  const store = jobStore({ engine, owner, leaseMs: timing.leaseMs });
  await using stack = new AsyncDisposableStack();
  const feed = stack.use(await openJobFeed({ engine }));
  // Events tell of ends; looking again is for when they cannot be read.
  const waiters = endings({ get: (id) => store.get(id), pollMs: 10_000 });
  const tickets = await openTickets({
    engine,
    host,
    shared: !alone &&
      [...sources.values()].some(({ kind }) =>
        kind === "page" || kind === "service"
      ),
    reset: alone,
  });
  stack.defer(() => tickets.close());
  stack.defer(() => waiters.close());
  const worker = startWorker({
    ...options,
    store,
    owner,
    tickets,
    host,
    kinds: runnables,
    concurrency,
    timing,
    onProgress: () => feed.nudge(),
    onEnded(record) {
      waiters.announce(record.id);
      feed.nudge();
      try {
        options.onFinished?.(record);
      } catch (error) {
        logger.error("A listener of ended jobs failed: {error}", { error });
      }
    },
  });
  stack.defer(() => worker.close());
  stack.use(followNews(feed, (events) => {
    for (const { type, job, data } of events) {
      if (type === "cancelling") worker.cancel(job, data.attempts);
      if (endTypes.has(type) && !worker.runs(job)) waiters.announce(job);
    }
    if (events.some(({ type }) => type === "queued" || type === "retrying")) {
      worker.news();
    }
  }));
  let closed: Promise<void> | undefined;
  const commands = jobCommands({
    store,
    worker,
    host,
    kinds,
    onWritten: () => feed.nudge(),
    assertOpen() {
      if (closed === undefined) return;
      throw new ProblemError("not-ready", {
        detail: "Cannot queue the job: the server is closing",
      });
    },
  });
  const schedules: ScheduleRunner = scheduleRunner({
    store: scheduleStore(sqlRunner(engine)),
    pool: options.pool,
    jobs: commands,
    host,
    kinds,
    sources,
    allowedRoots: options.allowedRoots ?? [],
    builtIn: new Map([["prune", pruneSchedule]]),
    lookMs: timing.schedulesMs,
  });
  stack.defer(() => schedules.stop());
  await worker.takeUp({ all: alone });
  stack.use(await keepUploads({ store, spoolDir, host, timing }));
  schedules.start();

  const owned = stack.move();
  const jobs: Jobs = {
    ...commands,
    get: (id) => store.get(id),
    list: (filter = {}) => store.list(filter),
    finished: (id, signal) => waiters.wait(id, signal),
    feed,
    schedules: {
      list: () => schedules.list(),
      put: (name, request) => schedules.put(name, request),
      remove: (name) => schedules.remove(name),
    },
    kinds: [...kinds.values()],
    counts: () => store.counts(),
    async drainQueue(signal) {
      await schedules.tick();
      if (signal.aborted) return;
      await worker.takeUp({ all: false });
      worker.news();
      await worker.drained(signal);
    },
    pause() {
      worker.pause();
      void schedules.stop();
    },
    close: () => closed ??= owned.disposeAsync(),
    [Symbol.asyncDispose]: () => jobs.close(),
  };
  return jobs;
}
