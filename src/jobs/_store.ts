import { inMs, sqlRunner, type StoreOptions } from "./_sql.ts";
import { jobColumns, type JobRow, toRecord } from "./_rows.ts";
import { type JobAttempts, jobAttempts } from "./_store_attempt.ts";
import { type JobQueue, jobQueue } from "./_store_queue.ts";
import type { JobFilter, JobRecord, JobState } from "./types.ts";

/** The table `jobs`: every change is one statement, guarded by its state. */
export interface JobStore extends JobQueue, JobAttempts {
  find(id: string): Promise<JobRow | undefined>;
  get(id: string): Promise<JobRecord | undefined>;
  list(filter: JobFilter): Promise<JobRecord[]>;
  counts(): Promise<Record<JobState, number>>;
  /** Uploads that jobs still need or may be given again. */
  spooledPaths(): Promise<Set<string>>;
  /** Gives up the uploads of this host's jobs that ended so long ago. */
  forgetUploads(
    options: { host: string; minAgeMs: number },
  ): Promise<string[]>;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Opens the table `jobs` for one owner. */
export function jobStore(options: StoreOptions): JobStore {
  const sql = sqlRunner(options.engine);
  const store: JobStore = {
    ...jobQueue(options),
    ...jobAttempts(options),
    async find(id) {
      if (!uuidPattern.test(id)) return undefined;
      const [row] = await sql<JobRow>(
        `select ${jobColumns} from jobs where id = $1::text::uuid`,
        [id],
      );
      return row;
    },
    async get(id) {
      const row = await store.find(id);
      return row === undefined ? undefined : toRecord(row);
    },
    async list({ limit = 50, state, source, kind, schedule, before }) {
      if (before !== undefined && !uuidPattern.test(before)) return [];
      const rows = await sql<JobRow>(
        `select ${jobColumns} from jobs
         where ($1::text is null or state = $1)
           and ($2::text is null or source = $2)
           and ($3::text is null or kind = $3)
           and ($4::text is null or schedule = $4)
           and ($5::text is null or seq <
             (select seq from jobs where id = $5::text::uuid))
         order by seq desc limit $6`,
        [
          state ?? null,
          source ?? null,
          kind ?? null,
          schedule ?? null,
          before ?? null,
          limit,
        ],
      );
      return rows.map(toRecord);
    },
    async counts() {
      const counts: Record<JobState, number> = {
        queued: 0,
        running: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
      };
      const rows = await sql<{ state: JobState; count: number }>(
        "select state, count(*)::int as count from jobs group by state",
      );
      for (const { state, count } of rows) counts[state] = count;
      return counts;
    },
    async spooledPaths() {
      const rows = await sql<{ spooled_path: string }>(
        "select spooled_path from jobs where spooled_path is not null",
      );
      return new Set(rows.map((row) => row.spooled_path));
    },
    async forgetUploads({ host, minAgeMs }) {
      const rows = await sql<{ path: string }>(
        `update jobs set spooled_path = null
         from (select id as old_id, spooled_path as path from jobs
           where spooled_path is not null and host = $1
             and state in ('failed', 'cancelled')
             and finished_at < ${inMs("$2")}) old
         where id = old_id and state in ('failed', 'cancelled')
         returning path`,
        [host, -minAgeMs],
      );
      return rows.map((row) => row.path);
    },
  };
  return store;
}
