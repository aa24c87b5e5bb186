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
import { noProgress } from "./_progress.ts";
import type { LoadLimits } from "./_run_load.ts";
import { removeOrphans, removeSpooled } from "./_spool_files.ts";
import { jobStore } from "./_store.ts";
import { openTickets } from "./_tickets.ts";
import { startWorker } from "./_worker.ts";
import { dedupKey } from "./dedup_key.ts";
import { type JobTiming, jobTiming } from "./timing.ts";
import type { JobRecord, Jobs, LoadRequest } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** Options of {@linkcode openJobs}. */
export interface OpenJobsOptions {
  engine: Engine;
  pool: ThreadPool;
  sources: ReadonlyMap<string, Source>;
  monitor: LoopMonitor;
  limits: LoadLimits;
  /** Where uploads are spooled; the id of this host is kept there too. */
  spoolDir: string;
  /** Loads at once: as many as there are threads of the class `load`. */
  concurrency: number;
  /** Called when a job has ended in this server, however. */
  onFinished?: (record: JobRecord) => void;
  /** @default {jobTiming(engine.kind)} */
  timing?: Partial<JobTiming>;
}

function inputOf(request: LoadRequest): Record<string, unknown> {
  const { fields, file, dryRun, sample } = request;
  const what = file === undefined
    ? {}
    : file.spooled
    ? { upload: { bytes: file.bytes, sha256: file.sha256 ?? null } }
    : { path: file.name };
  return { ...fields, ...what, dry_run: dryRun, ...(sample ? { sample } : {}) };
}

/**
 * Opens the jobs: takes up what was left unfinished and starts to run what is
 * queued. The tables of `jobMigrations` must be there.
 *
 * The embedded engine has one server at a time, so what is "running" when it
 * opens was a dead one's and starts over at once. On PostgreSQL a running job
 * has an owner who renews its lease; when that runs out, a server that can
 * read the job's file takes the job over.
 */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs> {
  const { engine, sources, spoolDir } = options;
  const timing = jobTiming(engine.kind, options.timing);
  const alone = engine.kind === "pglite";
  const host = await hostId(spoolDir);
  const owner = `${hostname()}:${process.pid}:${crypto.randomUUID()}`;
  const store = jobStore({ engine, owner, leaseMs: timing.leaseMs });
  const waiters = endings({ get: (id) => store.get(id), pollMs: 1_000 });
  const tickets = await openTickets({
    engine,
    host,
    shared: !alone &&
      [...sources.values()].some(({ kind }) =>
        kind === "page" || kind === "service"
      ),
    reset: alone,
  });
  const onEnded = (record: JobRecord) => {
    waiters.announce(record);
    try {
      options.onFinished?.(record);
    } catch (error) {
      logger.error("A listener of ended jobs failed: {error}", { error });
    }
  };
  const worker = startWorker({
    ...options,
    store,
    tickets,
    host,
    timing,
    onEnded,
  });
  let closed: Promise<void> | undefined;
  const close = async () => {
    try {
      await worker.close();
    } finally {
      waiters.close();
      await tickets.close();
    }
  };
  try {
    await worker.takeUp({ all: alone });
    await removeOrphans(spoolDir, {
      alive: await store.spooledPaths(),
      minAgeMs: timing.orphanMs,
    });
  } catch (error) {
    await close();
    throw error;
  }

  /** Answers the id of the job that does it: the new one or an equal one. */
  const write = async (request: LoadRequest, id: string): Promise<string> => {
    const job = {
      id,
      request,
      input: inputOf(request),
      dedupKey: dedupKey(request, host),
      host: request.file === undefined ? null : host,
      progress: noProgress(request.file?.bytes ?? 0),
    };
    // An equal job that ends between the two looks leaves room for this one.
    for (;;) {
      if (await store.insert(job)) return id;
      const alive = await store.findAlive(job.dedupKey);
      if (alive !== undefined) return alive;
    }
  };
  const jobs: Jobs = {
    async submit(request) {
      const { file, sample } = request;
      const id = crypto.randomUUID();
      let takenBy: string | undefined;
      try {
        if (closed !== undefined) {
          throw new ProblemError("not-ready", {
            detail: "Cannot queue the load: the server is closing",
          });
        }
        takenBy = await write(request, id);
      } finally {
        // No job will ever delete it.
        if (takenBy !== id && file?.spooled === true) {
          await removeSpooled(file.path);
        }
      }
      if (takenBy !== id) return { id: takenBy, created: false };
      await worker.queue({
        id,
        host: file === undefined ? null : host,
        sample,
      });
      return { id, created: true };
    },
    get: (id) => store.get(id),
    list: (filter = {}) => store.list(filter),
    finished: (id, signal) => waiters.wait(id, signal),
    counts: () => store.counts(),
    close: () => closed ??= close(),
    [Symbol.asyncDispose]: () => jobs.close(),
  };
  return jobs;
}
