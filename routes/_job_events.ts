import { followEvents } from "../src/jobs/feed.ts";
import type { JobEvent, JobFeed, Jobs } from "../src/jobs/types.ts";
import type { ServerSentEvent } from "./_event_stream.ts";

/** Options of {@linkcode jobEvents}. */
export interface JobEventsOptions {
  jobs: Pick<Jobs, "get" | "feed">;
  id: string;
  /** Events after this number; without it the stream begins with the record. */
  after?: number | undefined;
  signal: AbortSignal;
  /**
   * A client that is so many events behind gets only the newest progress.
   *
   * @default {200}
   */
  behind?: number;
}

/** Browsers wait 3 s by themselves. */
const retryMs = 2_000;
/** Retention may have overtaken a client that took nothing for so long. */
const slowMs = 60_000;

const endings = new Set<JobEvent["type"]>([
  "succeeded",
  "failed",
  "cancelled",
]);

/** Whether a job in this state, or an event of this type, is the last. */
export function isEnding(type: string): boolean {
  return endings.has(type as JobEvent["type"]);
}

/** The number of the newest event, also where nothing tells of new ones. */
async function newestNow(feed: JobFeed): Promise<number> {
  await feed.read(feed.newest, { limit: 1 });
  return feed.newest;
}

/**
 * Whether the log has no longer all that came after a number, or never had
 * that number: it is another log, from a backup.
 */
export async function isGone(feed: JobFeed, after: number): Promise<boolean> {
  const newest = await newestNow(feed);
  const oldest = await feed.oldest();
  const complete = oldest === 0 ? newest : oldest - 1;
  return after < complete || after > newest;
}

/**
 * What a client that follows a job is sent: `snapshot` with its record, then
 * its events, until one that ends it, which carries the record too.
 */
export async function* jobEvents(
  options: JobEventsOptions,
): AsyncGenerator<ServerSentEvent> {
  const { jobs, id, signal, behind = 200 } = options;
  const { feed } = jobs;
  let at = options.after;
  yield { retry: retryMs };

  /** From the record on, as it is now. Answers whether it is over. */
  async function* fromRecord(): AsyncGenerator<ServerSentEvent, boolean> {
    // The number before the record: an event in between is told again, not lost.
    at = await newestNow(feed);
    const record = await jobs.get(id);
    if (record === undefined) return true;
    yield { event: "snapshot", id: at, data: record };
    return isEnding(record.state);
  }
  async function* gone(after: number): AsyncGenerator<ServerSentEvent> {
    const oldest = await feed.oldest();
    yield {
      event: "missed",
      data: { reason: "retention", after, oldest, count: null },
    };
  }

  if (at !== undefined && await isGone(feed, at)) {
    yield* gone(at);
    at = undefined;
  }
  if (at === undefined && (yield* fromRecord())) return;

  const batches = followEvents(feed, {
    after: at!,
    job: id,
    signal,
    limit: behind,
  });
  for await (const batch of batches) {
    const since = performance.now();
    const events = batch.length < behind ? batch : withoutSuperseded(batch);
    if (events.length < batch.length) {
      yield {
        event: "missed",
        data: {
          reason: "slow_reader",
          after: at,
          oldest: null,
          count: batch.length - events.length,
        },
      };
    }
    for (const event of events) {
      at = event.seq;
      if (!isEnding(event.type)) {
        yield { event: event.type, id: event.seq, data: event };
        continue;
      }
      const record = await jobs.get(id);
      const over = record === undefined || isEnding(record.state);
      // It may have been queued again since.
      yield {
        event: event.type,
        id: event.seq,
        data: over ? { ...event, record: record ?? null } : event,
      };
      if (over && event === events.at(-1)) return;
    }
    if (performance.now() - since > slowMs && await isGone(feed, at!)) {
      yield* gone(at!);
      if (yield* fromRecord()) return;
    }
  }
}

/** Each event says all that is known of the job: older progress is history. */
function withoutSuperseded(events: JobEvent[]): JobEvent[] {
  return events.filter((event, index) =>
    event.type !== "progress" || index === events.length - 1
  );
}
