import { getLogger } from "@logtape/logtape";
import { EngineEndedError } from "./errors.ts";
import type { RunningHost } from "./_pglite_thread.ts";

const logger = getLogger(["loophound", "db"]);

/** Options of {@linkcode superviseHost}. */
export interface SupervisorOptions {
  start(): Promise<RunningHost>;
  /** Called with each host that runs, before anyone else gets it. */
  onStart(host: RunningHost): void;
  /** Called when a host has ended by itself or was ended for being stuck. */
  onEnd(error: EngineEndedError): void;
  /** Turns begun and ended, written by the host. */
  turns: Int32Array;
  /** See {@linkcode EngineOptions.maxTurnMs}. */
  maxTurnMs: number;
  /** Milliseconds between two starts, at least. */
  pauseMs: number;
}

/** Keeps a host running. */
export interface Supervisor {
  /** The host that runs, or the one that is being started. */
  current(): Promise<RunningHost>;
  /** The host that runs now. */
  now(): RunningHost | undefined;
  /** Stops supervising; the host that runs is the caller's to close. */
  stop(): Promise<RunningHost | undefined>;
}

const watchMs = 1_000;

/**
 * Starts a host, and another one whenever it ends: the folder survives the
 * death of its thread (0.3 to 3 s to open again), what was under way fails.
 */
export async function superviseHost(
  options: SupervisorOptions,
): Promise<Supervisor> {
  let running: RunningHost | undefined;
  let starting: Promise<RunningHost> | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let startedAt = 0;
  let stopped = false;

  const start = async (): Promise<RunningHost> => {
    startedAt = performance.now();
    options.turns.fill(0);
    const host = await options.start();
    if (stopped) return host;
    running = host;
    options.onStart(host);
    host.ended.then((why) => over(host, why));
    return host;
  };

  const restart = (): void => {
    pause = undefined;
    starting = start();
    starting.then(
      () => logger.info("The embedded database runs again"),
      (error: unknown) => {
        logger.error("Cannot start the embedded database: {error}", { error });
        plan();
      },
    ).finally(() => starting = undefined);
  };

  const plan = (): void => {
    if (stopped) return;
    const wait = startedAt + options.pauseMs - performance.now();
    pause = setTimeout(restart, Math.max(0, wait));
  };

  const over = (host: RunningHost, why: string): void => {
    if (running !== host || stopped) return;
    running = undefined;
    const error = new EngineEndedError(
      `The thread of the embedded database has ended (${why}); whether the statement took effect is not known. It is started again`,
    );
    logger.error("{error}", { error });
    options.onEnd(error);
    plan();
  };

  // A turn that does not end holds everyone up, and nothing can cancel it.
  let seen = -1;
  let since = 0;
  const watch = setInterval(() => {
    const [begun, ended] = options.turns;
    if (running === undefined || begun === ended || begun !== seen) {
      seen = begun === ended ? -1 : begun!;
      since = performance.now();
    } else if (performance.now() - since > options.maxTurnMs) {
      const host = running;
      seen = -1;
      logger.error(
        "A statement has held the embedded database for over {ms} ms: its thread is ended",
        { ms: options.maxTurnMs },
      );
      void host.kill();
    }
  }, watchMs);
  Deno.unrefTimer(watch);

  try {
    await start();
  } catch (error) {
    clearInterval(watch);
    throw error;
  }
  return {
    now: () => running,
    current() {
      if (running !== undefined) return Promise.resolve(running);
      if (starting !== undefined) return starting;
      return Promise.reject(
        new EngineEndedError(
          stopped
            ? "The database is closed"
            : "The thread of the embedded database has ended; it is started again in a few seconds",
        ),
      );
    },
    async stop() {
      stopped = true;
      clearInterval(watch);
      clearTimeout(pause);
      const host = running ?? await starting?.catch(() => undefined);
      running = undefined;
      return host;
    },
  };
}
