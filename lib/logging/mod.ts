/**
 * Logs that never hold the loop: a sink for LogTape that formats records where
 * they are logged and writes them in a thread, with a bound on what may wait
 * and a count of what was dropped. A slow stdout pipe held the loop of a plain
 * console sink for 5.9 s.
 *
 * ```ts
 * import { configure, getLogger, reset } from "@logtape/logtape";
 * import { openLogSink } from "@loophound/toolkit/logging";
 *
 * await using log = openLogSink({ format: "pretty" });
 * await configure({
 *   sinks: { out: log.sink },
 *   loggers: [
 *     { category: "app", sinks: ["out"] },
 *     { category: ["logtape", "meta"], sinks: ["out"], lowestLevel: "error" },
 *   ],
 * });
 * getLogger("app").info("Loaded {rows} rows", { rows: 3, source: "gtex" });
 * await log.flush();
 * await reset();
 * ```
 *
 * @module
 */
export { formatJson, formatPretty, type LogFormat } from "./format.ts";
export {
  type LogSink,
  type LogSinkOptions,
  type LogSinkStats,
  openLogSink,
} from "./log_sink.ts";
export type { LogStream } from "./_writer.ts";
