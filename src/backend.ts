import { getLogger } from "@logtape/logtape";
import type { SlowRequestReport } from "@loophound/toolkit/hono";
import type { Limits } from "@loophound/toolkit/limits";
import {
  type LoopMonitor,
  startLoopMonitor,
  type WatchdogOptions,
  watchdogSupport,
} from "@loophound/toolkit/monitor";
import { createThreadPool, type ThreadPool } from "@loophound/toolkit/offload";
import {
  createSlowQueryLog,
  dropAbandonedShadows,
  kyselyQueryLog,
  meterQueries,
  type QueryMeter,
  type SlowQueryLog,
} from "@loophound/toolkit/sql";
import { announce } from "./announce.ts";
import { type AnswerCache, createAnswerCache } from "./answer_cache.ts";
import type { Collection } from "./collection.ts";
import type { Config } from "./config.ts";
import { coreMigrations } from "./db/core_migrations.ts";
import { openEngine } from "./db/engine.ts";
import { migrate } from "./db/migrate.ts";
import type { Engine } from "./db/types.ts";
import { ProblemError } from "./errors.ts";
import { jobMigrations, type Jobs, openJobs } from "./jobs/mod.ts";
import { logReports } from "./log_reports.ts";
import { openHttp } from "./http.ts";
import { openBackendLimits } from "./limits.ts";
import { type LoadedPart, loadedParts } from "./loaded_parts.ts";
import { type Readiness, readiness } from "./readiness.ts";
import { checkIn } from "./lifecycle/mod.ts";
import {
  type RegisteredSource,
  registerSources,
} from "./registered_sources.ts";
import { createRing, type Ring } from "./ring.ts";
import { startSample } from "./sample.ts";
import { followEnds } from "./follow_ends.ts";
import { seenEnds, tellingEnds } from "./seen_ends.ts";
import { warmThreads } from "./warm_threads.ts";
import { prepareSpool, spoolBody, type SpooledBody } from "./spool/mod.ts";

const logger = getLogger(["loophound", "backend"]);

/** What the routes are given: everything that runs, put together. */
export interface Backend extends AsyncDisposable {
  readonly config: Config;
  readonly version: string;
  readonly collections: readonly Collection[];
  readonly sources: ReadonlyMap<string, RegisteredSource>;
  readonly monitor: LoopMonitor;
  readonly pool: ThreadPool;
  readonly engine: Engine;
  readonly jobs: Jobs;
  /** All that bounds what goes on at once: `/api/ops/pools`. */
  readonly limits: Limits;
  readonly cache: AnswerCache;
  readonly slowQueries: SlowQueryLog;
  readonly slowRequests: Ring<SlowRequestReport>;
  /** Newest load of every part of every source. */
  loadedParts(): Promise<LoadedPart[]>;
  /** Takes a request's body in whole: hashed and spooled to a file. */
  spool(
    body: ReadableStream<Uint8Array>,
    options: { signal?: AbortSignal; contentLength?: string | undefined },
  ): Promise<SpooledBody>;
  readiness(): Promise<Readiness>;
  /** Aborted when the server stops: streams and sockets end then. */
  readonly stopping: AbortSignal;
  /** From now on it is not ready, and takes no more jobs; all else goes on. */
  leave(): void;
  /** Ends streams and sockets, besides. */
  stop(): void;
  /** What was probed at start-up and found missing. */
  runtime(): Record<string, unknown>;
  /** Says in the log where everything is. */
  announce(address: Deno.Addr): void;
  /**
   * Checks running jobs back in and closes everything; says in the log what
   * was still running.
   */
  close(): Promise<void>;
}

/** A server database may change by other servers' loads: answers age. */
const SERVER_CACHE_TTL_MS = 5_000;

/** Options of {@linkcode openBackend}. */
export interface OpenBackendOptions {
  collections: readonly Collection[];
  version: string;
  /** Figures of the log sink, for `/api/ops/runtime`. */
  logStats?: () => Record<string, number>;
  /**
   * What the process has found missing on this host.
   *
   * @default {[]}
   */
  missing?: readonly string[];
  /** Told what is being opened. */
  onStage?: (stage: string) => void;
  /**
   * Aborting it ends the start between two steps; what was opened is closed.
   *
   * @default {undefined}
   */
  signal?: AbortSignal;
}

/**
 * How long closing waits for running jobs to end by themselves, and then for
 * those that it has stopped: with the time for requests, less than the 5 s
 * that a process has to stop.
 */
const jobsCloseMs = { closeMs: 500, stopMs: 1_000 };

/**
 * Threads by class. Loads give way to the loop and to queries; each class has
 * threads of its own, so that a long load starves nothing.
 */
function threadClasses(workers: number) {
  const half = Math.max(1, Math.floor(workers / 2));
  return {
    load: { threads: half, niceness: 10 },
    query: { threads: half, niceness: 5 },
    short: { threads: 1, niceness: 2 },
    spool: { threads: 1, niceness: 5 },
  };
}

function logFormat({ logFormat }: Config): "json" | "pretty" {
  if (logFormat !== "auto") return logFormat;
  return Deno.stderr.isTerminal() ? "pretty" : "json";
}

/** What of a watchdog this host can have. */
function watchdogFor(config: Config): WatchdogOptions | false {
  const { watch, exit } = watchdogSupport();
  return watch && {
    format: logFormat(config),
    exitAfterMs: exit ? config.stallExitMs : null,
    liveStack: config.liveStack,
  };
}

/**
 * Opens everything in order (monitor, threads, database, migrations, jobs,
 * sample) and closes it in the opposite one. What was opened before a failure
 * is closed again.
 *
 * @throws The signal's reason when it is aborted meanwhile.
 * @throws {DataDirLockedError} Another process has the data folder open.
 * @throws {MigrationError} A migration failed.
 */
export async function openBackend(
  config: Config,
  options: OpenBackendOptions,
): Promise<Backend> {
  const { collections, version, signal } = options;
  const sources = registerSources(collections);
  await using stack = new AsyncDisposableStack();
  const stage = (name: string) => {
    signal?.throwIfAborted();
    options.onStage?.(name);
  };

  const monitor = stack.use(
    startLoopMonitor({
      thresholdMs: config.loopThresholdMs,
      // Until it listens, see `announce`.
      graceMs: Infinity,
      // Reports go where all logs go; the watchdog's cannot: its thread writes
      // them to stderr while the loop stands still.
      log: null,
      watchdog: watchdogFor(config),
    }),
  );
  const slowQueries = createSlowQueryLog({
    slowMs: config.slowQueryMs,
    offloadMs: config.offloadQueryMs,
  });
  const slowRequests = createRing<SlowRequestReport>(200);
  stack.use(logReports(monitor, slowQueries));

  stage("threads");
  const pool = stack.use(
    await createThreadPool({
      classes: threadClasses(config.workers),
      kind: config.threads,
    }),
  );
  const missing = [
    ...options.missing ?? [],
    ...pool.capabilities.missing,
    ...watchdogSupport().missing,
    ...(monitor.profile.on
      ? []
      : [`Blocks are told without function and line: ${monitor.profile.why}`]),
  ];
  const engineName = config.databaseUrl === undefined ? "pglite" : "postgres";
  let meter: QueryMeter | undefined;
  stage("database");
  const engine = stack.use(
    await openEngine({
      databaseUrl: config.databaseUrl,
      databaseReplicaUrl: config.databaseReplicaUrl,
      replicaMaxLagMs: config.replicaMaxLagMs,
      databasePool: config.databasePool,
      dataDir: config.dataDir,
      pool,
      kyselyLog: kyselyQueryLog(slowQueries, {
        lane: "light",
        engine: engineName,
        monitor,
        // The pool is made by the engine, after this.
        meter: { take: (sql) => meter?.take(sql) ?? null },
      }),
      wrapPool: (pool) => (meter = meterQueries(pool)).pool,
      onHeavyQuery: (figures) =>
        slowQueries.record({ ...figures, lane: "heavy", engine: engineName }),
    }),
  );
  const limits = stack.use(openBackendLimits(config.limits, { pool, engine }));
  const http = stack.use(openHttp(config, { limits, pool, version }));
  stage("migrations");
  await migrate(engine, {
    core: [...coreMigrations, ...jobMigrations],
    collections,
  });
  if (engine.positions?.replica() !== undefined) {
    // A replica without what was just migrated must not answer.
    engine.positions.require(await engine.positions.current());
  }
  if (engine.kind === "pglite") {
    // What a killed process left half-built. The folder is ours alone; on a
    // server such tables would be another's load under way.
    await using connection = await engine.connect("clean up");
    const dropped = await dropAbandonedShadows(connection);
    if (dropped.length > 0) {
      logger.info("Dropped what a killed load left behind: {dropped}", {
        dropped,
      });
    }
  }
  const cache = createAnswerCache({
    entries: config.cacheEntries,
    // Another server may load into the same database.
    ttlMs: engine.kind === "postgres" ? SERVER_CACHE_TTL_MS : 0,
  });
  const spoolDir = `${config.dataDir}/spool`;
  const noSpool = await prepareSpool(spoolDir);
  if (noSpool !== undefined) missing.push(noSpool);
  stage("jobs");
  const jobs = stack.use(
    await openJobs({
      engine,
      pool,
      sources: new Map(
        [...sources].map(([name, { source }]) => [name, source]),
      ),
      monitor,
      services: { limits, http },
      limits: {
        maxExpandedBytes: config.maxExpandedBytes,
        maxRecordBytes: config.maxRecordBytes,
      },
      spoolDir,
      allowedRoots: config.allowedRoots,
      concurrency: {
        load: threadClasses(config.workers).load.threads,
        other: config.limits.import,
      },
      kinds: collections.flatMap(({ jobs }) => jobs),
      retention: { days: config.jobRetentionDays },
      onFinished: () => cache.clear(),
      timing: jobsCloseMs,
    }),
  );
  stage("background");

  const told = tellingEnds(
    jobs,
    seenEnds({ positions: engine.positions, forget: () => cache.clear() }),
  );

  const stopping = new AbortController();
  // Alone, this server hears of every end by itself.
  const following = engine.kind === "postgres"
    ? followEnds(told.feed, stopping.signal)
    : Promise.resolve();
  const sample = startSample({
    config,
    engine,
    jobs,
    collections,
    signal: stopping.signal,
  });
  const warming = warmThreads(pool, { signal: stopping.signal }).catch(
    (error) => {
      if (!stopping.signal.aborted) {
        logger.warn("The threads were not warmed up", { error });
      }
    },
  );

  const opened = stack.move();
  let closing: Promise<void> | undefined;
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    jobs.pause();
  };
  const stop = (): void => {
    leave();
    stopping.abort(new DOMException("The server is stopping", "AbortError"));
  };
  const close = (): Promise<void> =>
    closing ??= (async () => {
      stop();
      // Whatever fails, all of it is closed.
      await using _ = opened;
      await checkIn(jobs);
      for (const { name, concurrent, queue_depth } of pool.stats()) {
        if (concurrent + queue_depth === 0) continue;
        logger.warn("Stopping {concurrent} tasks of {name}, {queued} wait", {
          name,
          concurrent,
          queued: queue_depth,
        });
      }
      await opened.disposeAsync();
      await Promise.all([sample.done, warming, following]);
    })();

  return {
    config,
    version,
    collections,
    sources,
    monitor,
    pool,
    engine,
    jobs: told,
    limits,
    cache,
    slowQueries,
    slowRequests,
    loadedParts: () => loadedParts(engine),
    async spool(body, { signal, contentLength }) {
      if (noSpool !== undefined) {
        await body.cancel();
        throw new ProblemError("not-ready", { detail: noSpool });
      }
      const announced = Number(contentLength ?? 0);
      if (announced > config.maxBodyBytes) {
        await body.cancel();
        throw new ProblemError("body-too-large", {
          detail:
            `The body has ${announced} bytes; the limit is ${config.maxBodyBytes} bytes (MAX_BODY_MB)`,
        });
      }
      return await spoolBody(body, {
        pool,
        dir: spoolDir,
        maxBytes: config.maxBodyBytes,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    readiness: () =>
      readiness({
        engine,
        pool,
        jobs,
        sample: sample.status,
        stopping: leaving,
      }),
    stopping: stopping.signal,
    leave,
    stop,
    runtime: () => ({
      version,
      engine: engine.description,
      engine_kind: engine.kind,
      threads: pool.capabilities,
      replica: engine.positions?.replica() ?? null,
      deno: Deno.version,
      monitor: {
        mode: monitor.mode,
        profile: monitor.profile,
        watchdog: monitor.watchdog,
      },
      log: options.logStats?.() ?? null,
      missing,
    }),
    announce(address) {
      monitor.endGrace();
      announce(address, { config, engine, missing });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
