import { getLogger } from "@logtape/logtape";
import { repeat } from "./_repeat.ts";
import { removeOrphans, removeSpooled } from "./_spool_files.ts";
import type { JobStore } from "./_store.ts";
import type { JobTiming } from "./timing.ts";

const logger = getLogger(["loophound", "jobs"]);

/** Younger ones may be on their way to becoming a job's. */
const orphanMs = 3_600_000;

/** What {@linkcode keepUploads} works with. */
export interface KeepUploadsOptions {
  store: Pick<JobStore, "spooledPaths" | "forgetUploads">;
  spoolDir: string;
  host: string;
  timing: Pick<JobTiming, "orphanMs" | "keepUploadMs" | "uploadsMs">;
}

/**
 * Deletes uploads that belong to no job, now, and those that were kept long
 * enough for a retry, now and then. Each server does so for its own host: no
 * other can.
 */
export async function keepUploads(
  options: KeepUploadsOptions,
): Promise<AsyncDisposable> {
  const { store, spoolDir, host, timing } = options;
  const forget = async () => {
    const minAgeMs = timing.keepUploadMs;
    for (const path of await store.forgetUploads({ host, minAgeMs })) {
      await removeSpooled(path);
    }
  };
  const sweep = async (minAgeMs: number) => {
    await forget();
    await removeOrphans(spoolDir, {
      alive: await store.spooledPaths(),
      minAgeMs,
    });
  };
  await sweep(timing.orphanMs);
  const repeated = repeat(async () => {
    try {
      await sweep(orphanMs);
    } catch (error) {
      logger.warning(
        "Cannot delete uploads that are no longer needed: {error}",
        {
          error,
        },
      );
    }
  }, timing.uploadsMs);
  return { [Symbol.asyncDispose]: () => repeated.stop() };
}
