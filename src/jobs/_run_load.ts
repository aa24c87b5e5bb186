import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { ThreadPool } from "@loophound/toolkit/offload";
import type { SqlStatement } from "@loophound/toolkit/sql";
import type { LoadContext, Source } from "../collection.ts";
import type { DatabaseAddress, Engine } from "../db/types.ts";
import type { LoadFile, LoadProgress, LoadTaskInput } from "../load_input.ts";
import type { LoadReport } from "../load_report.ts";
import { checkSums, type LoadTask, type LoadTaskOutput } from "../load_task.ts";
import { isFinal, LoadFiguresError } from "./_failure.ts";
import { cleanUp } from "./_clean_up.ts";
import { sessionPurpose } from "./_job_sessions.ts";
import type { JobServices, LoadRequest } from "./types.ts";

/** Bounds of what a load may read. */
export interface LoadLimits {
  /** A compressed file may grow to this, bytes. */
  maxExpandedBytes: number;
  /** A record may be this long, bytes. */
  maxRecordBytes: number;
}

/** What {@linkcode runLoad} works with. */
export interface RunLoadOptions {
  id: string;
  source: Source;
  request: LoadRequest;
  /** Among what waits for the threads of loads. */
  priority: number;
  engine: Engine;
  pool: ThreadPool;
  services: JobServices;
  monitor: LoopMonitor;
  limits: LoadLimits;
  signal: AbortSignal;
  /** Fails the load's commit when the job belongs to another by then. */
  fence: SqlStatement;
  onProgress: (update: LoadProgress) => void;
}

/** Reading it takes 10 µs. */
const rssIntervalMs = 250;

/** Watches the process's memory until told to stop. */
function watchMemory(): { stop(): number } {
  let peak = Deno.memoryUsage().rss;
  const look = () => {
    peak = Math.max(peak, Deno.memoryUsage().rss);
  };
  const timer = setInterval(look, rssIntervalMs);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

function loadFile(request: LoadRequest): LoadFile | undefined {
  if (request.file === undefined) return undefined;
  const { path, name, bytes, sha256 } = request.file;
  return { path, name, bytes, ...(sha256 === undefined ? {} : { sha256 }) };
}

function checkedReport(report: LoadReport): LoadReport {
  try {
    checkSums(report);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LoadFiguresError(message, { cause });
  }
  return report;
}

/**
 * Runs a source once and makes its report. All it does on the loop is to pass
 * messages.
 *
 * @throws {LoadFiguresError} What the source reports does not add up.
 * @throws What the source threw.
 */
export async function runLoad(options: RunLoadOptions): Promise<LoadReport> {
  const { id, source, request, engine, pool, limits, signal } = options;
  const file = loadFile(request);
  const addresses: DatabaseAddress[] = [];
  const context: LoadContext = {
    id,
    signal,
    dryRun: request.dryRun,
    sample: request.sample,
    file,
    pool,
    limits: options.services.limits,
    http: options.services.http,
    progress: options.onProgress,
    address() {
      const address = engine.address(
        sessionPurpose(id, `load ${source.name}`),
      );
      addresses.push(address);
      return address;
    },
    run<Fields>(task: LoadTask<Fields>, fields: Fields) {
      const input: LoadTaskInput<Fields> = {
        id,
        source: source.name,
        ...(file === undefined ? {} : { file }),
        fields,
        dryRun: request.dryRun,
        sample: request.sample,
        db: context.address(),
        fence: options.fence,
        ...limits,
      };
      return pool.run(task, input, {
        signal,
        priority: options.priority,
        onProgress: (update) => options.onProgress(update as LoadProgress),
      });
    },
  };
  const loop = options.monitor.openWindow();
  const memory = watchMemory();
  let output: LoadTaskOutput;
  let figures: LoadReport["loop"];
  let peak: number;
  try {
    output = await source.load(request.fields, context);
  } catch (error) {
    // After an error that its task threw there is nothing to release.
    if (!isFinal(error)) await cleanUp(id, { engine, addresses });
    throw error;
  } finally {
    figures = loop.close();
    peak = memory.stop();
  }
  return checkedReport({
    ...output,
    dry_run: request.dryRun,
    peak_rss_mb: Math.round(peak / 2 ** 20 * 10) / 10,
    loop: figures,
  });
}
