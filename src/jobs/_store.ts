import type { Engine } from "../db/types.ts";
import type { LoadReport } from "../load_report.ts";
import { jobColumns, type JobRow, toRecord } from "./_rows.ts";
import type {
  JobFilter,
  JobProgress,
  JobRecord,
  JobState,
  LoadRequest,
} from "./types.ts";

/** A job to be written down. */
export interface NewJob {
  id: string;
  request: LoadRequest;
  input: Record<string, unknown>;
  dedupKey: string;
  host: string | null;
  progress: JobProgress;
}

/** One attempt: what it writes is void once another has begun. */
export interface Attempt {
  id: string;
  /** The job's `attempts` when it was claimed. */
  number: number;
}

/** How an attempt that did not end the job leaves it. */
export interface PutBack {
  /** Milliseconds until it may be claimed again. */
  delayMs: number;
  /** The attempt counts against the limit. */
  counted: boolean;
  /** What it failed with, if it failed. */
  error?: JobRecord["error"];
}

/** The table `jobs`: every change is one statement, guarded by its state. */
export interface JobStore {
  /** Answers false if an equal job is queued or running. */
  insert(job: NewJob): Promise<boolean>;
  findAlive(dedupKey: string): Promise<string | undefined>;
  claim(id: string): Promise<JobRow | undefined>;
  /** Answers which of the jobs still belong to this owner. */
  renew(ids: readonly string[]): Promise<Set<string>>;
  saveProgress(attempt: Attempt, progress: JobProgress): Promise<void>;
  succeed(
    attempt: Attempt,
    result: { report: LoadReport; progress: JobProgress },
  ): Promise<JobRecord | undefined>;
  fail(
    attempt: Attempt,
    error: JobRecord["error"],
  ): Promise<JobRecord | undefined>;
  putBack(attempt: Attempt, how: PutBack): Promise<boolean>;
  /** Puts all that this owner runs back in the queue; answers what it was. */
  release(): Promise<JobRow[]>;
  /**
   * Puts running jobs whose owner is gone back in the queue, or fails them
   * after too many attempts; answers them all.
   */
  recover(
    options: { all: boolean; except: readonly string[]; maxAttempts: number },
  ): Promise<JobRow[]>;
  /** Notes that the host is alive and fails jobs of hosts that are gone. */
  keepHost(host: string, goneMs: number): Promise<JobRow[]>;
  /** Queued jobs that may run and have waited for that long. */
  waiting(
    options: { host: string; minWaitMs: number },
  ): Promise<{ id: string; host: string | null; sample: boolean }[]>;
  spooledPaths(): Promise<Set<string>>;
  get(id: string): Promise<JobRecord | undefined>;
  list(filter: JobFilter): Promise<JobRecord[]>;
  counts(): Promise<Record<JobState, number>>;
}

/** Options of {@linkcode jobStore}. */
export interface JobStoreOptions {
  engine: Pick<Engine, "executeSql">;
  /** Who claims: unique to this instance. */
  owner: string;
  leaseMs: number;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Of one attempt, while it owns its job: $1 id, $2 number, $3 owner. */
const owned =
  "id = $1::text::uuid and attempts = $2 and owner = $3 and state = 'running'";

// Parameters are cast from text: both drivers then send them alike.
const ids = (parameter: string) =>
  `(select value::uuid from json_array_elements_text(${parameter}::text::json))`;
const inMs = (parameter: string) =>
  `clock_timestamp() + make_interval(secs => ${parameter}::float8 / 1000)`;

/** Opens the table `jobs` for one owner. */
export function jobStore(options: JobStoreOptions): JobStore {
  const { engine, owner, leaseMs } = options;
  const sql = async <Row>(text: string, values?: readonly unknown[]) =>
    (await engine.executeSql(text, values)).rows as Row[];
  const json = (value: unknown) =>
    value === null || value === undefined ? null : JSON.stringify(value);
  const end = async (
    { id, number }: Attempt,
    set: string,
    values: readonly unknown[],
  ) => {
    const [row] = await sql<JobRow>(
      `update jobs set finished_at = clock_timestamp(), owner = null,
         lease_until = null, ${set}
       where ${owned} returning ${jobColumns}`,
      [id, number, owner, ...values],
    );
    return row === undefined ? undefined : toRecord(row);
  };

  return {
    async insert({ id, request, input, dedupKey, host, progress }) {
      const made = await sql(
        `insert into jobs
           (id, source, input, request, dedup_key, host, spooled_path, progress)
         values ($1::text::uuid, $2, $3::text::json, $4::text::json, $5, $6,
           $7, $8::text::json)
         on conflict (dedup_key) where state in ('queued', 'running')
         do nothing returning id`,
        [
          id,
          request.source,
          json(input),
          json(request),
          dedupKey,
          host,
          request.file?.spooled === true ? request.file.path : null,
          json(progress),
        ],
      );
      return made.length === 1;
    },
    async findAlive(dedupKey) {
      const [row] = await sql<{ id: string }>(
        `select id from jobs
         where dedup_key = $1 and state in ('queued', 'running')`,
        [dedupKey],
      );
      return row?.id;
    },
    async claim(id) {
      const [row] = await sql<JobRow>(
        `update jobs set state = 'running', owner = $2,
           attempts = attempts + 1, started_at = clock_timestamp(),
           lease_until = ${inMs("$3")}
         where id = $1::text::uuid and state = 'queued'
           and run_at <= clock_timestamp()
         returning ${jobColumns}`,
        [id, owner, leaseMs],
      );
      return row;
    },
    async renew(running) {
      const rows = await sql<{ id: string }>(
        `update jobs set lease_until = ${inMs("$3")}
         where id in ${ids("$1")} and owner = $2 and state = 'running'
         returning id`,
        [json(running), owner, leaseMs],
      );
      return new Set(rows.map((row) => row.id));
    },
    async saveProgress({ id, number }, progress) {
      await sql(
        `update jobs set progress = $4::text::json where ${owned}`,
        [id, number, owner, json(progress)],
      );
    },
    succeed: (attempt, { report, progress }) =>
      end(
        attempt,
        `state = 'succeeded', error = null, report = $4::text::json,
         progress = $5::text::json`,
        [json(report), json(progress)],
      ),
    fail: (attempt, error) =>
      end(attempt, "state = 'failed', error = $4::text::json", [json(error)]),
    async putBack({ id, number }, { delayMs, counted, error }) {
      const rows = await sql(
        `update jobs set state = 'queued', owner = null, lease_until = null,
           run_at = ${inMs("$4")}, attempts = attempts - $5::int,
           errors = errors + $6::int,
           error = coalesce($7::text::json, error)
         where ${owned} returning id`,
        [
          id,
          number,
          owner,
          delayMs,
          counted ? 0 : 1,
          error === undefined ? 0 : 1,
          json(error),
        ],
      );
      return rows.length === 1;
    },
    release: () =>
      sql<JobRow>(
        `update jobs set state = 'queued', owner = null, lease_until = null,
           run_at = clock_timestamp(), attempts = attempts - 1
         where owner = $1 and state = 'running' returning ${jobColumns}`,
        [owner],
      ),
    async recover({ all, except, maxAttempts }) {
      return await sql<JobRow>(
        `update jobs set owner = null, lease_until = null,
           run_at = clock_timestamp(),
           state = case when attempts < $1 then 'queued' else 'failed' end,
           finished_at =
             case when attempts < $1 then null else clock_timestamp() end,
           error = case when attempts < $1 then error else json_build_object(
             'name', 'GaveUpError', 'line', null, 'message',
             format('Cannot finish the load: gave up after %s attempts, the server died in the last one',
               attempts)) end
         where state = 'running' and ($2::boolean
             or lease_until < clock_timestamp())
           and id not in ${ids("$3")}
         returning ${jobColumns}`,
        [maxAttempts, all, json(except)],
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
           and created_at < ${inMs("$1")} and not exists (
             select from job_hosts where job_hosts.host = jobs.host
               and seen_at > ${inMs("$1")})
         returning ${jobColumns}`,
        [-goneMs],
      );
    },
    waiting: ({ host, minWaitMs }) =>
      sql(
        `select id, host, (request->>'sample')::boolean as sample from jobs
         where state = 'queued' and (host is null or host = $1)
           and run_at <= ${inMs("$2")}
         order by seq limit 1000`,
        [host, -minWaitMs],
      ),
    async spooledPaths() {
      const rows = await sql<{ spooled_path: string }>(
        `select spooled_path from jobs
         where state in ('queued', 'running') and spooled_path is not null`,
      );
      return new Set(rows.map((row) => row.spooled_path));
    },
    async get(id) {
      if (!uuidPattern.test(id)) return undefined;
      const [row] = await sql<JobRow>(
        `select ${jobColumns} from jobs where id = $1::text::uuid`,
        [id],
      );
      return row === undefined ? undefined : toRecord(row);
    },
    async list({ limit = 50, state, source }) {
      const rows = await sql<JobRow>(
        `select ${jobColumns} from jobs
         where ($1::text is null or state = $1)
           and ($2::text is null or source = $2)
         order by seq desc limit $3`,
        [state ?? null, source ?? null, limit],
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
  };
}
