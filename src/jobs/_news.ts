import { getLogger } from "@logtape/logtape";
import { setTimeout as delay } from "node:timers/promises";
import { followEvents, type OpenJobFeed } from "./feed.ts";
import type { JobEvent } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** Before the log of events is read again after an error. */
const pauseMs = 1_000;

/**
 * Hands on what other servers write into the log of events, until disposed of.
 * On the embedded engine there are none: nothing is done.
 *
 * @param onEvents Called with events in order, several at once.
 */
export function followNews(
  feed: OpenJobFeed,
  onEvents: (events: readonly JobEvent[]) => void,
): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;
  const follow = async () => {
    let after = feed.newest;
    while (!signal.aborted) {
      try {
        for await (const events of followEvents(feed, { after, signal })) {
          after = events.at(-1)!.seq;
          onEvents(events);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warning("Cannot follow the jobs of other servers: {error}", {
          error,
        });
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  };
  const following = feed.mode === "local" ? Promise.resolve() : follow();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error("The jobs are closed"));
      await following;
    },
  };
}
