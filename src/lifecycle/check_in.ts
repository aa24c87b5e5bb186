import { getLogger } from "@logtape/logtape";
import type { Jobs } from "../jobs/types.ts";

const logger = getLogger(["loophound", "backend"]);

/** How long the database is asked what was running, milliseconds. */
const namingMs = 500;

/**
 * Closes the jobs, and says in the log which of those that ran had to be put
 * back into the queue.
 */
export async function checkIn(
  jobs: Pick<Jobs, "list" | "get" | "close">,
): Promise<void> {
  // Naming is for the log: without an answer the jobs are closed all the same.
  const soon = async <T>(answer: Promise<T>): Promise<T | undefined> => {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, namingMs, undefined);
    try {
      return await Promise.race([answer.catch(() => undefined), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  const ran = await soon(jobs.list({ state: "running", limit: 100 })) ?? [];
  await jobs.close();
  const back: string[] = [];
  await soon((async () => {
    for (const { id, source, kind } of ran) {
      const job = await jobs.get(id);
      if (job?.state === "queued") back.push(`${source ?? kind} ${id}`);
    }
  })());
  if (back.length > 0) {
    logger.info("Running jobs go on at the next start: {jobs}", { jobs: back });
  }
}
