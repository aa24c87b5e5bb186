/**
 * The process: config → backend → app → serve. `deno run main.ts` serves by
 * itself; `deno serve main.ts` and Deno Deploy take the default export.
 *
 * @module
 */
import { configure, getLogger } from "@logtape/logtape";
import { openLogSink } from "@loophound/toolkit/logging";
import { catchUnhandledRejections } from "@loophound/toolkit/monitor";
import { setTimeout as delay } from "node:timers/promises";
import { createApp } from "./routes/mod.ts";
import { notReady, startingAnswer } from "./routes/starting.ts";
import { type Backend, openBackend } from "./src/backend.ts";
import { collections } from "./src/collections/mod.ts";
import { type Config, ConfigError, readConfig } from "./src/config.ts";
import {
  createDoor,
  joinIsolates,
  registerTick,
  requireDatabase,
  watchForStop,
} from "./src/lifecycle/mod.ts";
import { isLoopbackAddress } from "./src/loopback.ts";
import { VERSION } from "./src/version.ts";

/**
 * Deno Deploy ends a process 5 s after SIGINT: we are gone before that. Ending
 * the threads takes up to 0.3 s on top.
 */
const STOP_MS = 4_400;
/** Requests get so much of it; jobs and the database get the rest. */
const REQUESTS_MS = 2_000;
/** Under `deno serve` requests come before all is open; they wait so long. */
const START_WAIT_MS = 20_000;

const logger = getLogger(["loophound"]);

type Fetch = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

interface Running {
  backend: Backend;
  fetch: Fetch;
  close: () => Promise<void>;
}

/** Where the server listens; undefined until it does. */
let listening: Deno.Addr | undefined;
/** What is being opened or closed, for whoever asks meanwhile. */
let stage = "settings";

function isLoopback(): boolean {
  return listening !== undefined && "hostname" in listening &&
    isLoopbackAddress(listening.hostname);
}

/** Loaded only where Deno exports traces. */
async function openTelemetry() {
  return /^(?:1|true)$/.test(Deno.env.get("OTEL_DENO") ?? "")
    ? await import("@opentelemetry/api")
    : undefined;
}

async function start(
  config: Config,
  options: { signal: AbortSignal; missing: readonly string[] },
): Promise<Running> {
  stage = "log";
  const sink = openLogSink({
    format: config.logFormat === "auto"
      ? (Deno.stdout.isTerminal() ? "pretty" : "json")
      : config.logFormat,
    kind: config.threads,
  });
  await configure({
    sinks: { out: sink.sink },
    loggers: [
      { category: ["loophound"], lowestLevel: config.logLevel, sinks: ["out"] },
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks: ["out"],
      },
    ],
    reset: true,
  });
  try {
    const backend = await openBackend(config, {
      collections,
      version: VERSION,
      logStats: () => ({ ...sink.stats() }),
      onStage: (name) => stage = name,
      ...options,
    });
    const unhandled = catchUnhandledRejections(
      ({ message, ...report }) => logger.error(message, { ...report }),
      { monitor: backend.monitor },
    );
    const app = createApp(backend, {
      isLoopback,
      opentelemetry: await openTelemetry(),
    });
    return {
      backend,
      fetch: (request, info) => app.fetch(request, info),
      async close() {
        stage = "jobs and database";
        try {
          await backend.close();
        } catch (error) {
          logger.error("Cannot close in order: {error}", { error });
          Deno.exitCode = 1;
        }
        stage = "log";
        unhandled[Symbol.dispose]();
        await sink[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await sink[Symbol.asyncDispose]();
    throw error;
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `Cannot start: ${error.message}${cause}`;
}

/** The program of a process that serves, and of each of its isolates. */
function begin() {
  const isolates = joinIsolates();
  const door = createDoor({
    refuse: (request) =>
      notReady(request, "The server is stopping", { retryAfterS: 1 }),
  });
  let running: Running | undefined;
  const stop = watchForStop({
    limitMs: STOP_MS,
    onLimit() {
      const left = [
        ...door.open().map(({ method, path }) => `${method} ${path}`),
        ...(running?.backend.pool.stats() ?? []).filter((pool) =>
          pool.concurrent > 0
        ).map((pool) => `${pool.concurrent} tasks of ${pool.name}`),
      ];
      console.error(
        `Cannot stop within ${STOP_MS} ms: ending while still at "${stage}"${
          left.length === 0 ? "" : `; running: ${left.join(", ")}`
        }`,
      );
    },
  });
  const deploy = Deno.env.get("DENO_DEPLOY") !== undefined;
  const ticks = registerTick({
    signal: stop.signal,
    work: async (signal) => {
      await (await started).backend.jobs.drainQueue(signal);
      logger.debug("A tick has seen to the queue");
    },
    onError: (error) => logger.error("A tick failed: {error}", { error }),
  });
  const started = open();
  // Refused or stopped while starting: nothing comes after.
  started.catch(() => {});

  async function open(): Promise<Running> {
    try {
      const config = readConfig(Deno.env.toObject());
      requireDatabase(config, {
        deploy,
        locks: "locks" in navigator,
        version: Deno.version.deno,
        isolates: await isolates.count(),
      });
      return running = await start(config, {
        signal: stop.signal,
        missing: [
          ...stop.missing,
          ...(deploy && !ticks
            ? ["No Deno.cron: jobs that wait are run when a request comes"]
            : []),
        ],
      });
    } catch (error) {
      // The other isolates of this process fail for the same reason.
      if (await isolates.speaks()) {
        const stopped = error === stop.signal.reason;
        console.error(stopped ? "Stopped while starting" : explain(error));
        Deno.exit(stopped ? 0 : 1);
      }
      throw error;
    }
  }

  /** What the runtime calls, at the latest when the server has started. */
  async function pass(request: Request, info: Deno.ServeHandlerInfo) {
    if (running !== undefined) return await running.fetch(request, info);
    const early = startingAnswer(request, `starting: ${stage}`);
    if (early !== undefined) return early;
    const patience = new AbortController();
    const ready = await Promise.race([
      started,
      delay(START_WAIT_MS, undefined, { signal: patience.signal }),
    ]).finally(() => patience.abort());
    return ready === undefined
      ? notReady(request, `The server is starting: ${stage}`, {
        retryAfterS: 1,
      })
      : await ready.fetch(request, info);
  }

  const fetch: Fetch = (request, info) =>
    door.pass(request, info, () => pass(request, info));

  /** Listens, unless the runtime does; then waits for the end. */
  async function serve(): Promise<void> {
    const { backend, close } = await started;
    const { drainDelayMs } = backend.config;
    const served = listening !== undefined || await isolates.count() > 1;
    const server = served ? undefined : await listen(backend, fetch, close);
    if (!served) stop.delayMs = drainDelayMs;
    const signal = await stop.asked;
    logger.info("Stopping by {signal}: finishing what is in flight", {
      signal,
    });
    stage = "requests";
    backend.leave();
    door.leave();
    // Under `deno serve` the runtime has stopped listening by now.
    if (server !== undefined && drainDelayMs > 0) await delay(drainDelayMs);
    backend.stop();
    const cut = await door.drain({
      shutdown: server && (() => server.shutdown()),
      withinMs: REQUESTS_MS,
    });
    if (cut.length > 0) {
      logger.warn("Cut {count} requests that took too long: {requests}", {
        count: cut.length,
        requests: cut,
      });
    }
    await close();
    stop.done();
    isolates[Symbol.dispose]();
    // `deno serve` ends when all its isolates have: none may end the others.
    if (server !== undefined) Deno.exit();
  }

  return { fetch, serve, started };
}

async function listen(
  backend: Backend,
  fetch: Fetch,
  close: () => Promise<void>,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const { host, port } = backend.config;
  try {
    return Deno.serve({
      hostname: host,
      port,
      onListen: (address) => {
        listening = address;
        backend.announce(address);
      },
    }, fetch);
  } catch (error) {
    await close();
    console.error(
      `Cannot listen on ${host}:${port}: ${
        error instanceof Error ? error.message : error
      }`,
    );
    Deno.exit(1);
  }
}

const program = import.meta.main ? begin() : undefined;

if (program !== undefined) {
  // Both `deno run` and `deno serve` say `import.meta.main`. The latter calls
  // `onListen` right after this module was evaluated, before any timer.
  setTimeout(() => void program.serve().catch(() => {}), 0);
}

export default {
  fetch(request: Request, info: Deno.ServeHandlerInfo) {
    if (program === undefined) {
      throw new Error("Cannot serve: this module is not the main one");
    }
    return program.fetch(request, info);
  },
  onListen(address: Deno.Addr): void {
    listening = address;
    program?.started.then(
      ({ backend }) => backend.announce(address),
      () => {},
    );
  },
} satisfies Deno.ServeDefaultExport;
