import { getLogger } from "@logtape/logtape";
import { fileURLToPath } from "node:url";
import type { Collection, SampleLoad } from "./collection.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./db/types.ts";
import type { Jobs } from "./jobs/types.ts";
import type { PartStatus } from "./readiness.ts";

const logger = getLogger(["loophound", "backend"]);

/** Whether nothing was ever loaded. */
async function isEmpty(engine: Engine): Promise<boolean> {
  const { rows } = await engine.executeSql(
    "select exists (select from source_state) as found",
  );
  return rows[0]?.found !== true;
}

/**
 * Loads the bundled sample, one file after the other, in the order given:
 * names first, so that annotations find their genes.
 *
 * @throws {Error} A file of the sample did not load; names it and says why.
 */
async function loadSample(
  jobs: Jobs,
  loads: readonly SampleLoad[],
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  for (const { source, fields, file } of loads) {
    options.signal?.throwIfAborted();
    const path = fileURLToPath(file);
    const { size } = await Deno.stat(path);
    const { id } = await jobs.submit({
      source,
      fields,
      file: { path, name: path, bytes: size, spooled: false },
      dryRun: false,
      sample: true,
    });
    const job = await jobs.finished(id, options.signal);
    if (job.state !== "succeeded") {
      throw new Error(
        `Cannot load the sample ${path}: ${job.error?.message ?? job.state}`,
      );
    }
  }
}

/** What {@linkcode startSample} works with. */
export interface StartSampleOptions {
  config: Pick<Config, "sampleData">;
  engine: Engine;
  jobs: Jobs;
  collections: readonly Collection[];
  /** Aborted when the server stops: the sample stays as far as it came. */
  signal: AbortSignal;
}

/**
 * Loads the sample into an embedded database that is empty, in the background:
 * the server listens while it comes in.
 */
export function startSample(
  { config, engine, jobs, collections, signal }: StartSampleOptions,
): { readonly status: PartStatus; done: Promise<void> } {
  const status: PartStatus = { status: "ready" };

  async function load(): Promise<void> {
    if (!config.sampleData || engine.kind !== "pglite") return;
    if (!await isEmpty(engine)) return;
    status.status = "not_ready";
    status.detail = "the sample data is being loaded";
    try {
      for (const { sample } of collections) {
        await loadSample(jobs, sample, { signal });
      }
      logger.info(
        "Loaded the bundled sample data: it leaves with the first real load, and SAMPLE_DATA=off keeps it away",
      );
    } catch (error) {
      if (signal.aborted) return;
      logger.error("The sample data was not loaded", { error });
    }
    status.status = "ready";
    delete status.detail;
  }

  return { status, done: load() };
}
