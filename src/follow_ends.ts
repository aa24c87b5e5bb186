import { getLogger } from "@logtape/logtape";
import { setTimeout as delay } from "node:timers/promises";
import { followEvents } from "./jobs/feed.ts";
import type { JobFeed } from "./jobs/types.ts";

const logger = getLogger(["loophound", "backend"]);

/** Before the log is read again after a failure, milliseconds. */
const pauseMs = 1_000;

/**
 * Reads the log of events as it grows, so that this server hears of jobs that
 * end on others although no client of its own watches them.
 *
 * @param feed Of `tellingEnds`: reading it is what tells.
 * @returns Resolves when the signal is aborted.
 */
export async function followEnds(
  feed: Pick<JobFeed, "read" | "changed" | "newest">,
  signal: AbortSignal,
): Promise<void> {
  let after = feed.newest;
  while (!signal.aborted) {
    try {
      for await (const events of followEvents(feed, { after, signal })) {
        after = events.at(-1)?.seq ?? after;
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.debug("Cannot read the log of jobs: {error}", { error });
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
}
