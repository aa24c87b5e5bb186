import type { JobEvent, JobFeed } from "./types.ts";

/** Options of {@linkcode followEvents}. */
export interface FollowOptions {
  /** Events after this number. */
  after: number;
  /** Of this job only. @default {undefined} */
  job?: string;
  /** Ends it. */
  signal: AbortSignal;
  /** Events at once, at most. @default {100} */
  limit?: number;
}

/**
 * Events as they come, several at once where several are there. Nothing is
 * read before it is asked for: a slow reader costs no memory.
 *
 * @returns Never ends by itself; rejects with the signal's reason.
 */
export async function* followEvents(
  feed: Pick<JobFeed, "read" | "changed" | "newest">,
  options: FollowOptions,
): AsyncGenerator<JobEvent[], never> {
  const { job, signal, limit = 100 } = options;
  let { after } = options;
  for (;;) {
    signal.throwIfAborted();
    // Known before reading: what other jobs did up to here has been looked
    // through, and is no reason to look again.
    const known = feed.newest;
    const events = await feed.read(after, {
      limit,
      ...(job === undefined ? {} : { job }),
    });
    after = Math.max(
      after,
      events.at(-1)?.seq ?? 0,
      events.length < limit ? known : 0,
    );
    if (events.length > 0) yield events;
    if (events.length < limit) await feed.changed(after, signal);
  }
}
