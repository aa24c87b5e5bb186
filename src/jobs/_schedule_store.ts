import { json, type RunSql, texts } from "./_sql.ts";
import type { ScheduleRecord } from "./types.ts";

type Time = Date | string;

/** A row of `job_schedules`. */
export interface ScheduleRow {
  name: string;
  cron: string;
  timezone: string;
  kind: string;
  source: string | null;
  input: Record<string, unknown>;
  path: string | null;
  host: string | null;
  priority: number;
  next_at: Time | null;
  last_at: Time | null;
  last_job: string | null;
  last_error: string | null;
}

/** What is written of a schedule when it is made or changed. */
export type NewSchedule = Omit<
  ScheduleRow,
  "next_at" | "last_at" | "last_job" | "last_error"
>;

/** Which schedules a server may fire. */
export interface Firing {
  host: string;
  kinds: readonly string[];
  sources: readonly string[];
}

/** The table `job_schedules`. */
export interface ScheduleStore {
  /** The database's time. */
  now(): Promise<Date>;
  list(): Promise<ScheduleRow[]>;
  /** Answers whether it is new. */
  put(schedule: NewSchedule, nextAt: Date): Promise<boolean>;
  /** Makes it unless there is one of that name. */
  ensure(schedule: NewSchedule, nextAt: Date): Promise<void>;
  remove(name: string): Promise<boolean>;
  due(firing: Firing): Promise<ScheduleRow[]>;
  /** Milliseconds until the next one is due. */
  nextInMs(firing: Firing): Promise<number | undefined>;
  /** Notes what came of a time; nothing if another server has done so. */
  fired(
    row: ScheduleRow,
    what: { job: string | null; error: string | null; nextAt: Date | null },
  ): Promise<void>;
}

const columns = `name, cron, timezone, kind, source, input, path, host,
  priority, next_at, last_at, last_job, last_error`;

const firable = `(host is null or host = $1)
  and (kind in ${texts("$2")} or source in ${texts("$3")})`;

function iso(time: Time | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** A row as the API tells it. */
export function toScheduleRecord(
  row: ScheduleRow,
  builtIn: boolean,
): ScheduleRecord {
  const { host: _, ...rest } = row;
  return {
    ...rest,
    built_in: builtIn,
    next_at: iso(row.next_at),
    last_at: iso(row.last_at),
  };
}

/** Opens the table. */
export function scheduleStore(sql: RunSql): ScheduleStore {
  const insert = `insert into job_schedules
      (name, cron, timezone, kind, source, input, path, host, priority, next_at)
    values ($1, $2, $3, $4, $5, $6::text::json, $7, $8, $9,
      $10::text::timestamptz) on conflict (name)`;
  const values = (schedule: NewSchedule, nextAt: Date) => [
    schedule.name,
    schedule.cron,
    schedule.timezone,
    schedule.kind,
    schedule.source,
    json(schedule.input),
    schedule.path,
    schedule.host,
    schedule.priority,
    nextAt.toISOString(),
  ];
  const firingValues = ({ host, kinds, sources }: Firing) => [
    host,
    json(kinds),
    json(sources),
  ];
  return {
    async now() {
      const [row] = await sql<{ now: Time }>("select clock_timestamp() as now");
      return new Date(row!.now);
    },
    list: () =>
      sql<ScheduleRow>(`select ${columns} from job_schedules order by name`),
    async put(schedule, nextAt) {
      const [row] = await sql<{ created: boolean }>(
        `${insert} do update set cron = excluded.cron,
           timezone = excluded.timezone, kind = excluded.kind,
           source = excluded.source, input = excluded.input,
           path = excluded.path, host = excluded.host,
           priority = excluded.priority, next_at = excluded.next_at,
           last_error = null, updated_at = clock_timestamp()
         returning xmax = 0 as created`,
        values(schedule, nextAt),
      );
      return row?.created === true;
    },
    async ensure(schedule, nextAt) {
      await sql(`${insert} do nothing`, values(schedule, nextAt));
    },
    async remove(name) {
      const rows = await sql(
        "delete from job_schedules where name = $1 returning name",
        [name],
      );
      return rows.length === 1;
    },
    due: (firing) =>
      sql<ScheduleRow>(
        `select ${columns} from job_schedules
         where ${firable} and next_at <= clock_timestamp()
         order by next_at limit 100`,
        firingValues(firing),
      ),
    async nextInMs(firing) {
      const [row] = await sql<{ ms: number | null }>(
        `select extract(epoch from min(next_at) - clock_timestamp())::float8
           * 1000 as ms
         from job_schedules where ${firable}`,
        firingValues(firing),
      );
      return row?.ms ?? undefined;
    },
    async fired({ name, next_at }, { job, error, nextAt }) {
      await sql(
        `update job_schedules set last_at = next_at,
           last_job = coalesce($3::text::uuid, last_job), last_error = $4,
           next_at = $5::text::timestamptz
         where name = $1 and next_at = $2::text::timestamptz`,
        [name, iso(next_at), job, error, iso(nextAt)],
      );
    },
  };
}
