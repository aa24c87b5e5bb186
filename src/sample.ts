import { fileURLToPath } from "node:url";
import type { SampleLoad } from "./collection.ts";
import type { Engine } from "./db/types.ts";
import type { Jobs } from "./jobs/types.ts";

/** Whether nothing was ever loaded. */
export async function isEmpty(engine: Engine): Promise<boolean> {
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
export async function loadSample(
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
