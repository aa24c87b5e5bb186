import {
  ids,
  inMs,
  json,
  setFree,
  sqlRunner,
  type StoreOptions,
  texts,
} from "./_sql.ts";
import { endSessions } from "./_job_sessions.ts";
import { jobColumns, type JobRow } from "./_rows.ts";
import type { JobProgress, JobResumes, LoadRequest } from "./types.ts";

/** A job to be written down. */
export interface NewJob {
  id: string;
  kind: string;
  source: string | null;
  request: LoadRequest | null;
  input: Record<string, unknown>;
  dedupKey: string;
  host: string | null;
  priority: number;
  resumes: JobResumes;
  key: string | null;
  schedule: string | null;
  progress: JobProgress;
}

/** Which jobs a server may run. */
export interface Claimable {
  /** Jobs that are bound to a host are left to that one. */
  host: string;
  /** Kinds that this server has. */
  kinds: readonly string[];
}

/** What may be known of a job before it is written. */
export interface FoundJob {
  id: string;
  key: string | null;
}

/** Putting jobs into the queue and taking them out. */
export interface JobQueue {
  /** Answers false if an equal job is queued or running, or the key is taken. */
  insert(job: NewJob): Promise<boolean>;
  findAlive(dedupKey: string): Promise<FoundJob | undefined>;
  /** A living job that is equal to this one. */
  findAliveLike(id: string): Promise<string | undefined>;
  findKey(kind: string, key: string): Promise<JobRow | undefined>;
  /** Gives a living job a key; false: it is over, or has one. */
  adoptKey(id: string, key: string): Promise<boolean>;
  /**
   * Takes up to `limit` jobs: those of the highest priority, of these the
   * oldest. What others are taking at this moment is passed over.
   */
  claim(options: Claimable & { limit: number }): Promise<JobRow[]>;
  /** Queued jobs that may run and have waited for that long, next first. */
  waiting(
    options: Claimable & { minWaitMs: number },
  ): Promise<Pick<JobRow, "id" | "kind" | "host" | "priority">[]>;
  /** Ends a queued job or asks a running one to stop; none: it is over. */
  cancel(id: string): Promise<JobRow | undefined>;
  /** Queues a failed or cancelled job again; none: it is neither. */
  retry(id: string, progress: JobProgress): Promise<JobRow | undefined>;
  /** Puts all that this owner runs back in the queue; answers what it was. */
  release(): Promise<JobRow[]>;
  /**
   * Puts running jobs whose owner is gone back in the queue, or ends them:
   * cancelled ones, and those that were tried too often. Answers them all.
   * Their sessions on the database server are ended.
   */
  recover(
    options: { all: boolean; except: readonly string[]; maxAttempts: number },
  ): Promise<JobRow[]>;
  /** Notes that the host is alive and fails jobs of hosts that are gone. */
  keepHost(host: string, goneMs: number): Promise<JobRow[]>;
}

const claimable = `state = 'queued' and (host is null or host = $1)
  and kind in ${texts("$2")}`;

/** The statements of {@linkcode JobQueue}. */
export function jobQueue(options: StoreOptions): JobQueue {
  const { engine, owner, leaseMs } = options;
  const sql = sqlRunner(engine);
  return {
    async insert(job) {
      const { request } = job;
      const made = await sql(
        `insert into jobs
           (id, kind, source, input, request, dedup_key, host, spooled_path,
            progress, priority, resumes, key, schedule)
         values ($1::text::uuid, $2, $3, $4::text::json, $5::text::json, $6,
           $7, $8, $9::text::json, $10, $11, $12, $13)
         on conflict do nothing returning id`,
        [
          job.id,
          job.kind,
          job.source,
          json(job.input),
          JSON.stringify(request),
          job.dedupKey,
          job.host,
          request?.file?.spooled === true ? request.file.path : null,
          json(job.progress),
          job.priority,
          job.resumes,
          job.key,
          job.schedule,
        ],
      );
      return made.length === 1;
    },
    async findAlive(dedupKey) {
      const [row] = await sql<FoundJob>(
        `select id, key from jobs
         where dedup_key = $1 and state in ('queued', 'running')`,
        [dedupKey],
      );
      return row;
    },
    async findAliveLike(id) {
      const [row] = await sql<{ id: string }>(
        `select alive.id from jobs join jobs alive using (dedup_key)
         where jobs.id = $1::text::uuid and alive.id <> jobs.id
           and alive.state in ('queued', 'running')`,
        [id],
      );
      return row?.id;
    },
    async findKey(kind, key) {
      const [row] = await sql<JobRow>(
        `select ${jobColumns} from jobs where kind = $1 and key = $2`,
        [kind, key],
      );
      return row;
    },
    async adoptKey(id, key) {
      const rows = await sql(
        `update jobs set key = $2
         where id = $1::text::uuid and key is null
           and state in ('queued', 'running')
           and not exists (select from jobs other
             where other.kind = jobs.kind and other.key = $2)
         returning id`,
        [id, key],
      );
      return rows.length === 1;
    },
    claim: ({ host, kinds, limit }) =>
      sql<JobRow>(
        `with next as materialized (
           select id as next_id from jobs
           where ${claimable} and run_at <= clock_timestamp()
           order by priority desc, seq limit $3 for update skip locked)
         update jobs set state = 'running', owner = $4,
           attempts = attempts + 1, started_at = clock_timestamp(),
           lease_until = ${inMs("$5")}
         from next where id = next_id and state = 'queued'
         returning ${jobColumns}`,
        [host, json(kinds), limit, owner, leaseMs],
      ),
    waiting: ({ host, kinds, minWaitMs }) =>
      sql(
        `select id, kind, host, priority from jobs
         where ${claimable} and run_at <= ${inMs("$3")}
         order by priority desc, seq limit 1000`,
        [host, json(kinds), -minWaitMs],
      ),
    async cancel(id) {
      const [row] = await sql<JobRow>(
        `update jobs set
           cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
           state = case state when 'queued' then 'cancelled' else state end,
           finished_at = case state when 'queued' then clock_timestamp() end
         where id = $1::text::uuid and state in ('queued', 'running')
         returning ${jobColumns}`,
        [id],
      );
      return row;
    },
    async retry(id, progress) {
      // What an earlier attempt has saved stays: the job goes on from there.
      const [row] = await sql<JobRow>(
        `update jobs set state = 'queued', errors = 0, error = null,
           attempts_before = attempts, cancel_requested_at = null,
           finished_at = null, run_at = clock_timestamp(),
           progress = $2::text::json
         where id = $1::text::uuid and state in ('failed', 'cancelled')
         returning ${jobColumns}`,
        [id, json(progress)],
      );
      return row;
    },
    release: () =>
      sql<JobRow>(
        `update jobs set ${setFree("'queued'")},
           run_at = clock_timestamp(), attempts = attempts -
             case when cancel_requested_at is null then 1 else 0 end
         where owner = $1 and state = 'running' returning ${jobColumns}`,
        [owner],
      ),
    recover: ({ all, except, maxAttempts }) => {
      const again = "attempts - attempts_before < $1";
      // In one statement: no other attempt can have begun, nothing is left
      // behind when this server dies, too. An embedded engine has one session.
      const sessions = engine.kind === "postgres"
        ? `, ${endSessions("id")} as ended_sessions`
        : "";
      return sql<JobRow>(
        `with freed as (update jobs set
           ${setFree(`case when ${again} then 'queued' else 'failed' end`)},
           run_at = clock_timestamp(),
           error = case when ${again} or cancel_requested_at is not null
             then error else json_build_object(
               'name', 'GaveUpError', 'line', null, 'message',
               format('Cannot finish the job: gave up after %s attempts, the server died in the last one',
                 attempts - attempts_before)) end
         where state = 'running' and id not in ${ids("$3")}
           and (lease_until < clock_timestamp()
             or ($2::boolean and owner is distinct from $4))
         returning ${jobColumns})
         select *${sessions} from freed`,
        [maxAttempts, all, json(except), owner],
      );
    },
    async keepHost(host, goneMs) {
      await sql(
        `insert into job_hosts (host, seen_at) values ($1, clock_timestamp())
         on conflict (host) do update set seen_at = excluded.seen_at`,
        [host],
      );
      return await sql<JobRow>(
        `update jobs set state = 'failed', finished_at = clock_timestamp(),
           error = json_build_object('name', 'HostGoneError', 'line', null,
             'message', 'Cannot read the file: the server that has it is gone')
         where state = 'queued' and host is not null
           and run_at < ${inMs("$1")} and not exists (
             select from job_hosts where job_hosts.host = jobs.host
               and seen_at > ${inMs("$1")})
         returning ${jobColumns}`,
        [-goneMs],
      );
    },
  };
}
