import type { Engine } from "../db/types.ts";
import type { JobEvent } from "./types.ts";

/** The newest events, read once for all who follow jobs. */
export interface EventTail {
  /**
   * Reads what is new. Whoever calls while it is being read shares the next
   * reading: all that was committed before the call is there afterwards.
   */
  fill(): Promise<void>;
  /** Events after a number, in order; undefined: it is older than the tail. */
  since(after: number): readonly JobEvent[] | undefined;
  /** The newest number read. */
  readonly newest: number;
  /** Resolves when nothing is being read. */
  idle(): Promise<void>;
}

interface EventRow {
  seq: number | string;
  job: string;
  at: Date | string;
  type: JobEvent["type"];
  data: JobEvent["data"];
}

/** About 0.5 KB each. */
const defaultSize = 1_000;

/** The columns of an event. */
const columns = "seq, job, at, type, data";

function toEvent({ seq, job, at, type, data }: EventRow): JobEvent {
  return {
    seq: Number(seq),
    job,
    at: new Date(at).toISOString(),
    type,
    data,
  };
}

/** Reads events from the log itself. */
export async function readEvents(
  engine: Pick<Engine, "executeSql">,
  options: { after: number; job: string | undefined; limit: number },
): Promise<JobEvent[]> {
  const { after, job, limit } = options;
  const { rows } = await engine.executeSql(
    `select ${columns} from job_events where seq > $1::text::bigint ${
      job === undefined ? "" : "and job = $3::text::uuid"
    } order by seq limit $2::text::int`,
    [String(after), String(limit), ...(job === undefined ? [] : [job])],
  );
  return (rows as unknown as EventRow[]).map(toEvent);
}

/**
 * Opens the end of the log: what is in it now is not in the tail.
 *
 * @param options.size How many events are kept in memory. Default 1,000.
 */
export async function openEventTail(
  engine: Pick<Engine, "executeSql">,
  options: { size?: number } = {},
): Promise<EventTail> {
  const { size = defaultSize } = options;
  const { rows } = await engine.executeSql(
    "select coalesce(max(seq), 0) as seq from job_events",
  );
  let events: JobEvent[] = [];
  let newest = Number(rows[0]?.seq);
  /** All events after this number are in the tail. */
  let complete = newest;
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const read = async () => {
    // The newest ones: nobody may have looked for a day.
    const { rows } = await engine.executeSql(
      `select ${columns} from job_events where seq > $1::text::bigint
       order by seq desc limit $2::text::int`,
      [String(newest), String(size)],
    );
    const found = (rows as unknown as EventRow[]).map(toEvent).reverse();
    const first = found[0];
    if (first === undefined) return;
    newest = found.at(-1)!.seq;
    if (found.length === size) {
      events = found;
      complete = first.seq - 1;
      return;
    }
    events.push(...found);
    const over = events.length - size;
    if (over > 0) complete = events.splice(0, over).at(-1)!.seq;
  };
  const start = () =>
    current = read().finally(() => {
      current = undefined;
    });

  return {
    fill() {
      if (next !== undefined) return next;
      if (current === undefined) return start();
      return next = current.catch(() => {}).then(() => {
        next = undefined;
        return start();
      });
    },
    since(after) {
      if (after < complete) return undefined;
      // Who follows is near the end.
      let from = events.length;
      while (from > 0 && events[from - 1]!.seq > after) from--;
      return events.slice(from);
    },
    get newest() {
      return newest;
    },
    async idle() {
      while (current !== undefined || next !== undefined) {
        await Promise.allSettled([next ?? current]);
      }
    },
  };
}
