import type { Positions } from "./db/types.ts";
import type { JobEvent, JobRecord, Jobs } from "./jobs/types.ts";

/** Options of {@linkcode seenEnds}. */
export interface SeenEndsOptions {
  /** @default {undefined} the embedded engine: all that is committed is seen */
  positions?: Positions | undefined;
  /** Forgets answers made before a job ended. */
  forget: () => void;
}

/** The end of a job, as it is about to be told. */
export interface SeenEnd {
  id: string;
  /** ISO 8601; null: it has not ended. */
  finished_at: string | null;
}

/** Keeps what a server tells in order: no end of a job before what it wrote. */
export interface SeenEnds {
  /**
   * Jobs are about to be told of. When one has ended later than any before,
   * older answers are forgotten, and heavy queries show from now on what was
   * committed until now. Rejects when the database does not answer.
   */
  tell(jobs: readonly SeenEnd[]): Promise<void>;
}

/**
 * Makes the memory of ended jobs. The newest end is all it keeps: what a job
 * writes is committed before the time of its end is taken, so what ended
 * before the newest end that was told had been committed by then as well.
 */
export function seenEnds(options: SeenEndsOptions): SeenEnds {
  const { positions, forget } = options;
  let newest = -Infinity;
  /** Jobs told of that ended in that very millisecond. */
  const told = new Set<string>();
  let turn: Promise<void> = Promise.resolve();

  const unknown = ({ id, finished_at }: SeenEnd): boolean => {
    if (finished_at === null) return false;
    const end = Date.parse(finished_at);
    return end > newest || (end === newest && !told.has(id));
  };
  const tell = async (jobs: readonly SeenEnd[]): Promise<void> => {
    const ends = jobs.filter(unknown);
    if (ends.length === 0) return;
    // Without a replica there is nothing to hold back.
    if (positions?.replica() !== undefined) {
      positions.require(await positions.current());
    }
    forget();
    for (const { id, finished_at } of ends) {
      const end = Date.parse(finished_at!);
      if (end < newest) continue;
      if (end > newest) told.clear();
      newest = end;
      told.add(id);
    }
  };
  return {
    tell(jobs) {
      if (!jobs.some(unknown)) return Promise.resolve();
      // In turn: who tells of the same end meanwhile waits for the first.
      const mine = turn.then(() => tell(jobs));
      turn = mine.catch(() => {});
      return mine;
    },
  };
}

const endings = new Set<JobEvent["type"]>(["succeeded", "failed", "cancelled"]);

function endsOf(events: readonly JobEvent[]): SeenEnd[] {
  return events.filter(({ type }) => endings.has(type))
    .map(({ job, at }) => ({ id: job, finished_at: at }));
}

/**
 * The same jobs; whoever learns from them that one has ended, on this server
 * or another, finds what it wrote.
 */
export function tellingEnds(jobs: Jobs, ends: SeenEnds): Jobs {
  const one = async <Found extends JobRecord | undefined>(
    found: Promise<Found>,
  ): Promise<Found> => {
    const record = await found;
    if (record !== undefined) await ends.tell([record]);
    return record;
  };
  const { feed } = jobs;
  return {
    ...jobs,
    get: (id) => one(jobs.get(id)),
    cancel: (id) => one(jobs.cancel(id)),
    retry: (id) => one(jobs.retry(id)),
    finished: (id, signal) => one(jobs.finished(id, signal)),
    async list(filter) {
      const records = await jobs.list(filter);
      await ends.tell(records);
      return records;
    },
    feed: {
      async read(after, options) {
        const events = await feed.read(after, options);
        await ends.tell(endsOf(events));
        return events;
      },
      changed: (after, signal) => feed.changed(after, signal),
      oldest: () => feed.oldest(),
      get newest() {
        return feed.newest;
      },
      get mode() {
        return feed.mode;
      },
    },
  };
}
