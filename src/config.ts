import { availableParallelism } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { ConfigError, settingReader } from "./_setting_reader.ts";
import { type LimitCounts, parseLimits } from "./limits.ts";

export { ConfigError };

/** Every setting of the backend. Made by {@linkcode readConfig}. */
export interface Config {
  host: string;
  port: number;
  dataDir: string;
  /** PostgreSQL server; undefined: the embedded engine. */
  databaseUrl: string | undefined;
  /** Server for the heavy lane; undefined: `databaseUrl`. */
  databaseReplicaUrl: string | undefined;
  /** A replica further behind is not used; Infinity: it need only answer. */
  replicaMaxLagMs: number;
  databasePool: number;
  allowedRoots: string[];
  apiToken: string | undefined;
  loopThresholdMs: number;
  /** The watchdog ends the process after a stall of so long; null: never. */
  stallExitMs: number | null;
  liveStack: boolean;
  slowRequestMs: number;
  /** Requests are ended after so long; null: never. Loads are not. */
  requestDeadlineMs: number | null;
  /** Requests are turned away while the loop is so late; null: never. */
  shedLagMs: number | null;
  slowQueryMs: number;
  offloadQueryMs: number;
  heavyDeadlineMs: number;
  workers: number;
  maxBodyBytes: number;
  maxRecordBytes: number;
  maxExpandedBytes: number;
  threads: "auto" | "node" | "web" | "inline";
  logFormat: "auto" | "pretty" | "json";
  logLevel: "debug" | "info" | "warning" | "error";
  sampleData: boolean;
  cacheEntries: number;
  /** Whom jobs may ask besides the public Internet. */
  httpAllow: string[];
  /** How much may go on at once, by name. */
  limits: LimitCounts;
  /** Jobs that are over, and their events, are deleted after so many days. */
  jobRetentionDays: number;
  /** After a stop signal the server goes on for so long, reporting not ready. */
  drainDelayMs: number;
}

function limitsOf(text: string): LimitCounts {
  try {
    return parseLimits(text);
  } catch (error) {
    throw new ConfigError(
      `Cannot read setting LIMITS="${text}": ${(error as Error).message}`,
    );
  }
}

/**
 * Reads the settings from environment variables.
 *
 * @param env Variables by name, e.g. `Deno.env.toObject()`.
 * @throws {ConfigError} A value is not valid; names setting, value and what is valid.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const { text, number, choice, flag, url, list, defaultOf } = settingReader(
    env,
  );
  const dataDir = resolve(text("DATA_DIR") ?? defaultOf("DATA_DIR"));
  const allowedRoots = list("ALLOWED_ROOTS");
  return {
    host: text("HOST") ?? defaultOf("HOST"),
    port: number("PORT", { min: 0, max: 65_535 }),
    dataDir,
    databaseUrl: url("DATABASE_URL"),
    databaseReplicaUrl: url("DATABASE_REPLICA_URL"),
    replicaMaxLagMs: number("REPLICA_MAX_LAG_S", {
          min: 0,
          max: 86_400,
          integer: false,
        }) * 1000 || Infinity,
    databasePool: number("DATABASE_POOL", { min: 1, max: 100 }),
    allowedRoots: allowedRoots === undefined
      ? [resolve(dataDir, "inbox")]
      : allowedRoots.map((root) => isAbsolute(root) ? root : resolve(root)),
    apiToken: text("API_TOKEN"),
    loopThresholdMs: number("LOOP_THRESHOLD_MS", {
      min: 1,
      max: 60_000,
      integer: false,
    }),
    stallExitMs: number("STALL_EXIT_S", {
          min: 0,
          max: 86_400,
          integer: false,
        }) * 1000 || null,
    liveStack: flag("LIVE_STACK"),
    slowRequestMs: number("SLOW_REQUEST_MS", { min: 1, max: 600_000 }),
    requestDeadlineMs: number("REQUEST_DEADLINE_S", {
          min: 0,
          max: 86_400,
          integer: false,
        }) * 1000 || null,
    shedLagMs: number("SHED_LAG_MS", { min: 0, max: 600_000 }) || null,
    slowQueryMs: number("SLOW_QUERY_MS", { min: 0, max: 600_000 }),
    offloadQueryMs: number("OFFLOAD_QUERY_MS", { min: 0, max: 600_000 }),
    heavyDeadlineMs: number("HEAVY_DEADLINE_MS", { min: 1, max: 3_600_000 }),
    workers: number("WORKERS", {
      min: 2,
      max: 64,
      fallback: Math.max(2, Math.min(64, availableParallelism())),
    }),
    maxBodyBytes: number("MAX_BODY_MB", {
      min: 0.001,
      max: 1_048_576,
      integer: false,
    }) * 2 ** 20,
    maxRecordBytes: number("MAX_RECORD_KB", { min: 1, max: 262_144 }) * 1024,
    maxExpandedBytes: number("MAX_EXPANDED_MB", {
      min: 0.001,
      max: 16_777_216,
      integer: false,
    }) * 2 ** 20,
    threads: choice("THREADS", ["auto", "node", "web", "inline"]),
    logFormat: choice("LOG_FORMAT", ["auto", "pretty", "json"]),
    logLevel: choice("LOG_LEVEL", ["debug", "info", "warning", "error"]),
    sampleData: flag("SAMPLE_DATA"),
    httpAllow: list("HTTP_ALLOW") ?? [],
    limits: limitsOf(text("LIMITS") ?? ""),
    cacheEntries: number("CACHE_ENTRIES", { min: 0, max: 1_000_000 }),
    jobRetentionDays: number("JOB_RETENTION_DAYS", {
      min: 0.01,
      max: 3_650,
      integer: false,
    }),
    drainDelayMs: number("DRAIN_DELAY_S", {
      min: 0,
      max: 3_600,
      integer: false,
    }) * 1000,
  };
}
