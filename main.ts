/**
 * The process: config → backend → app → serve. `deno run main.ts` serves by
 * itself; `deno serve main.ts` and Deno Deploy take the default export.
 *
 * @module
 */
import { configure, getLogger } from "@logtape/logtape";
import { openLogSink } from "@loophound/toolkit/logging";
import { catchUnhandledRejections } from "@loophound/toolkit/monitor";
import { createApp } from "./routes/mod.ts";
import { type Backend, openBackend } from "./src/backend.ts";
import { collections } from "./src/collections/mod.ts";
import { type Config, ConfigError, readConfig } from "./src/config.ts";
import { isLoopbackAddress } from "./src/loopback.ts";
import { VERSION } from "./src/version.ts";

/** Deno Deploy ends a process 5 s after SIGINT: we are gone before that. */
const DRAIN_MS = 4_000;

const logger = getLogger(["loophound"]);

interface Running {
  backend: Backend;
  fetch: (
    request: Request,
    info: Deno.ServeHandlerInfo,
  ) => Response | Promise<Response>;
  close: () => Promise<void>;
}

/** Where the server listens; undefined until it does. */
let listening: Deno.Addr | undefined;

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

async function start(config: Config): Promise<Running> {
  const sink = await openLogSink({
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
        await backend.close();
        unhandled[Symbol.dispose]();
        await sink[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await sink[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Deno Deploy gives instances no disk that lasts, and a Deno without Web Locks
 * (before 2.9) cannot end a stuck database thread: both need a server.
 */
function requireDatabase(config: Config): void {
  if (config.databaseUrl !== undefined) return;
  const reason = Deno.env.get("DENO_DEPLOY") !== undefined
    ? "on Deno Deploy an embedded database is lost with its instance"
    : !("locks" in navigator)
    ? `the embedded database needs Deno 2.9 or newer, and this is ${Deno.version.deno}`
    : undefined;
  if (reason === undefined) return;
  throw new ConfigError(
    `Cannot start without a database: ${reason}. Set DATABASE_URL to a PostgreSQL server, like postgres://user:password@host:5432/name`,
  );
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `Cannot start: ${error.message}${cause}`;
}

async function startOrExit(): Promise<Running> {
  try {
    const config = readConfig(Deno.env.toObject());
    requireDatabase(config);
    return await start(config);
  } catch (error) {
    console.error(explain(error));
    Deno.exit(1);
  }
}

const running: Promise<Running> | undefined = import.meta.main
  ? startOrExit()
  : undefined;

async function serveHere(): Promise<void> {
  const { backend, fetch, close } = await running!;
  const { host, port } = backend.config;
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
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
  onStopSignal(async () => {
    const drained = server.shutdown();
    await Promise.race([
      drained,
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS / 2)),
    ]);
    await close();
  });
}

/** SIGINT and SIGTERM drain; a second one ends the process at once. */
function onStopSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const handler = () => {
    if (stopping) Deno.exit(130);
    stopping = true;
    logger.info("Stopping: finishing what is in flight");
    const deadline = setTimeout(() => {
      console.error(`Not everything stopped within ${DRAIN_MS} ms: exiting`);
      Deno.exit(1);
    }, DRAIN_MS);
    stop().then(() => {
      clearTimeout(deadline);
      Deno.exit(0);
    }, (error) => {
      console.error(`Cannot stop cleanly: ${error}`);
      Deno.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    try {
      Deno.addSignalListener(signal, handler);
    } catch {
      // A host without signals ends us without asking.
    }
  }
}

if (running !== undefined) {
  // Both `deno run` and `deno serve` say `import.meta.main`. The latter calls
  // `onListen` right after this module was evaluated, before any timer.
  setTimeout(() => {
    if (listening !== undefined) {
      running.then(({ close }) => onStopSignal(close));
    } else {
      void serveHere();
    }
  }, 0);
}

export default {
  async fetch(
    request: Request,
    info: Deno.ServeHandlerInfo,
  ): Promise<Response> {
    if (running === undefined) {
      throw new Error("Cannot serve: this module is not the main one");
    }
    return await (await running).fetch(request, info);
  },
  onListen(address: Deno.Addr): void {
    listening = address;
    running?.then(({ backend }) => backend.announce(address));
  },
} satisfies Deno.ServeDefaultExport;
