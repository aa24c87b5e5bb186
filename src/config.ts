import { availableParallelism } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { type LimitCounts, parseLimits } from "./limits.ts";

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

/** A setting could not be read; names the setting and its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** One row of the settings table: docs and `readConfig` both read it. */
export interface Setting {
  name: string;
  type: string;
  default: string;
  reason: string;
}

/** All settings, for the docs and for `--help`. */
export const settings: readonly Setting[] = [
  {
    name: "HOST",
    type: "host name",
    default: "127.0.0.1",
    reason: "Only this machine, unless you say otherwise",
  },
  {
    name: "PORT",
    type: "0–65535",
    default: "8000",
    reason: "0 takes a free port and logs it",
  },
  {
    name: "DATA_DIR",
    type: "folder",
    default: "./data",
    reason: "Embedded database, uploads and inbox live here",
  },
  {
    name: "DATABASE_URL",
    type: "postgres:// URL",
    default: "",
    reason: "Set: PostgreSQL; not set: the embedded engine",
  },
  {
    name: "DATABASE_REPLICA_URL",
    type: "postgres:// URL",
    default: "",
    reason: "Heavy queries go there, so that they never slow the primary",
  },
  {
    name: "REPLICA_MAX_LAG_S",
    type: "seconds",
    default: "10",
    reason:
      "A replica further behind is not asked; 0: however far, whenever it answers",
  },
  {
    name: "DATABASE_POOL",
    type: "1–100",
    default: "8",
    reason: "Connections of the light lane; a server has about 100 in all",
  },
  {
    name: "ALLOWED_ROOTS",
    type: "folders, by comma",
    default: "DATA_DIR/inbox",
    reason: "Loads by path may read nothing else",
  },
  {
    name: "API_TOKEN",
    type: "text",
    default: "",
    reason: "Without one, writing routes answer on loopback only",
  },
  {
    name: "LOOP_THRESHOLD_MS",
    type: "ms",
    default: "5",
    reason: "What holds the loop longer is reported",
  },
  {
    name: "STALL_EXIT_S",
    type: "seconds",
    default: "0",
    reason: "Ends a process whose loop stands still for so long; 0: never",
  },
  {
    name: "LIVE_STACK",
    type: "on, off",
    default: "off",
    reason:
      "Prints where a stalled loop is; opens an inspector on loopback: for development",
  },
  {
    name: "SLOW_REQUEST_MS",
    type: "ms",
    default: "500",
    reason: "Requests that take longer have a log of their own",
  },
  {
    name: "REQUEST_DEADLINE_S",
    type: "seconds",
    default: "60",
    reason: "Requests are ended after it, loads are not; 0: never",
  },
  {
    name: "SHED_LAG_MS",
    type: "ms",
    default: "1000",
    reason:
      "While the loop is so late, requests are answered 503 with Retry-After; 0: never",
  },
  {
    name: "SLOW_QUERY_MS",
    type: "ms",
    default: "50",
    reason: "Queries that take longer are logged",
  },
  {
    name: "OFFLOAD_QUERY_MS",
    type: "ms",
    default: "100",
    reason: "Above it the log says whether offloading would help",
  },
  {
    name: "HEAVY_DEADLINE_MS",
    type: "ms",
    default: "30000",
    reason: "A heavy query is cancelled after it",
  },
  {
    name: "WORKERS",
    type: "2–64",
    default: "cores, at least 2",
    reason: "Threads for loads and heavy queries together",
  },
  {
    name: "MAX_BODY_MB",
    type: "MB",
    default: "2048",
    reason: "A larger upload is refused with 413",
  },
  {
    name: "MAX_RECORD_KB",
    type: "KB",
    default: "1024",
    reason: "A longer record is a quote never closed, not data",
  },
  {
    name: "MAX_EXPANDED_MB",
    type: "MB",
    default: "16384",
    reason: "What a compressed file may grow to",
  },
  {
    name: "THREADS",
    type: "auto, node, web, inline",
    default: "auto",
    reason: "Forces a thread backend; auto probes the host",
  },
  {
    name: "LOG_FORMAT",
    type: "auto, pretty, json",
    default: "auto",
    reason: "auto: pretty on a terminal, else JSON lines",
  },
  {
    name: "LOG_LEVEL",
    type: "debug, info, warning, error",
    default: "info",
    reason: "What is logged",
  },
  {
    name: "SAMPLE_DATA",
    type: "on, off",
    default: "on",
    reason: "Fills an empty embedded database with the bundled sample",
  },
  {
    name: "HTTP_ALLOW",
    type: "hosts, by comma",
    default: "",
    reason:
      "Private addresses that jobs may ask, as 10.0.0.5:8766 or 10.0.0.0/8; all others are refused",
  },
  {
    name: "LIMITS",
    type: "name=number, by comma",
    default: "import=10, spotify=1, discogs=5, http=20, http_per_host=5",
    reason:
      "What may go on at once: jobs besides loads, calls of a service, requests to outside in all and to each host. What is not named keeps its default",
  },
  {
    name: "CACHE_ENTRIES",
    type: "0–1000000",
    default: "10000",
    reason: "Answers of light lookups kept in memory; 0 switches the cache off",
  },
  {
    name: "JOB_RETENTION_DAYS",
    type: "days",
    default: "30",
    reason: "Jobs that are over, and their events, are deleted after it",
  },
  {
    name: "DRAIN_DELAY_S",
    type: "seconds",
    default: "0",
    reason:
      "Told to stop, it serves on for so long and says not ready, for load balancers to see",
  },
];

function limitsOf(text: string): LimitCounts {
  try {
    return parseLimits(text);
  } catch (error) {
    throw new ConfigError(
      `Cannot read setting LIMITS="${text}": ${(error as Error).message}`,
    );
  }
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").map((it) => it.trim()).filter((it) =>
    it !== ""
  );
}

function defaultOf(name: string): string {
  const setting = settings.find((setting) => setting.name === name);
  if (setting === undefined) throw new ConfigError(`Unknown setting ${name}`);
  return setting.default;
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
  const text = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === undefined || value === "" ? undefined : value;
  };
  const number = (
    name: string,
    { min, max, fallback, integer = true }: {
      min: number;
      max: number;
      fallback?: number;
      integer?: boolean;
    },
  ): number => {
    const value = text(name);
    if (value === undefined) return fallback ?? Number(defaultOf(name));
    const parsed = Number(value);
    if (
      !Number.isFinite(parsed) || parsed < min || parsed > max ||
      (integer && !Number.isInteger(parsed))
    ) {
      throw new ConfigError(
        `Cannot read setting ${name}="${value}": it takes ${
          integer ? "a whole number" : "a number"
        } from ${min} to ${max}`,
      );
    }
    return parsed;
  };
  const choice = <T extends string>(name: string, choices: readonly T[]): T => {
    const value = text(name) ?? defaultOf(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw new ConfigError(
        `Cannot read setting ${name}="${value}": it takes ${
          choices.join(", ")
        }`,
      );
    }
    return found;
  };
  const url = (name: string): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
      // The value may hold a password: it is not repeated.
      throw new ConfigError(
        `Cannot read setting ${name}: it takes a URL like postgres://user:password@host:5432/name`,
      );
    }
    return value;
  };
  const dataDir = resolve(text("DATA_DIR") ?? defaultOf("DATA_DIR"));
  const allowedRoots = text("ALLOWED_ROOTS");
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
      : listOf(allowedRoots).map((root) =>
        isAbsolute(root) ? root : resolve(root)
      ),
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
    liveStack: choice("LIVE_STACK", ["on", "off"]) === "on",
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
    sampleData: choice("SAMPLE_DATA", ["on", "off"]) === "on",
    httpAllow: listOf(text("HTTP_ALLOW")),
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
