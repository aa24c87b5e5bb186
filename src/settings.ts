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
