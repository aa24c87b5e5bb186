import { getLogger } from "@logtape/logtape";
import type { ThreadPool } from "@loophound/toolkit/offload";
import type { Source } from "../collection.ts";
import { ProblemError } from "../errors.ts";
import { findLoadFile } from "../load_file.ts";
import { nextTime } from "./_cron_task.ts";
import { loadKind } from "./_load_kind.ts";
import {
  type Firing,
  type NewSchedule,
  type ScheduleRow,
  type ScheduleStore,
  toScheduleRecord,
} from "./_schedule_store.ts";
import { checkSchedule } from "./_schedule_request.ts";
import { checkInput } from "./_validate.ts";
import type { JobKind, Jobs, ScheduleRequest, Schedules } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

const cronDeadlineMs = 5_000;

/** Schedules, and who fires them. */
export interface ScheduleRunner extends Schedules {
  /** Begins to fire; makes the built-in ones first. */
  start(): void;
  /** Fires what is due now. */
  tick(): Promise<void>;
  /** Fires nothing more. */
  stop(): Promise<void>;
}

/** What {@linkcode scheduleRunner} works with. */
export interface ScheduleRunnerOptions {
  store: ScheduleStore;
  pool: Pick<ThreadPool, "run">;
  jobs: Pick<Jobs, "submit" | "start">;
  host: string;
  kinds: ReadonlyMap<string, JobKind>;
  sources: ReadonlyMap<string, Source>;
  allowedRoots: readonly string[];
  builtIn: ReadonlyMap<string, ScheduleRequest>;
  /** Milliseconds between looks, at most. */
  lookMs: number;
}

/**
 * Fires schedules. pg-boss has schedules too; these are kept beside it because
 * a job must know the time it was due for (its key), because a path belongs to
 * one host, and because pg-boss looks twice a minute.
 *
 * A time that is due while no server is up is fired once when one is, however
 * many were missed.
 */
export function scheduleRunner(options: ScheduleRunnerOptions): ScheduleRunner {
  const { store, pool, jobs, host, kinds, sources, builtIn } = options;
  const firing: Firing = {
    host,
    kinds: [...kinds.keys()],
    sources: [...sources.keys()],
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = true;
  let complete = false;
  let current: Promise<void> = Promise.resolve();

  /** After now, by the database's clock. */
  const nextOf = async ({ cron, timezone }: NewSchedule) => {
    const after = (await store.now()).toISOString();
    return await pool.run(nextTime, { cron, timezone, after }, {
      deadlineMs: cronDeadlineMs,
    });
  };
  const check = (name: string, request: ScheduleRequest) =>
    checkSchedule(name, { ...options, request, nextTime: nextOf });

  /** Makes the job of a time; the same one whoever makes it. */
  const makeJob = async (row: ScheduleRow): Promise<string> => {
    const { name, kind, source: sourceName, input, path, priority } = row;
    const how = {
      key: `schedule:${name}:${new Date(row.next_at!).toISOString()}`,
      schedule: name,
      priority,
    };
    if (kind !== loadKind) return (await jobs.start(kind, input, how)).id;
    const source = sources.get(sourceName!)!;
    const file = path === null
      ? undefined
      : await findLoadFile(path, { source, roots: options.allowedRoots });
    const { id } = await jobs.submit({
      source: source.name,
      fields: checkInput(source.input, input),
      ...(file === undefined ? {} : { file }),
      dryRun: false,
      sample: false,
    }, how);
    return id;
  };
  const fire = async (row: ScheduleRow) => {
    let job: string | null = null;
    let error: string | null = null;
    try {
      job = await makeJob(row);
    } catch (cause) {
      // The schedule is at fault, not the server: it has the next time to be
      // right.
      const known = cause instanceof ProblemError &&
        cause.problem !== "not-ready";
      if (!known) throw cause;
      error = cause.message;
      logger.error("Schedule {name} has made no job: {error}", {
        name: row.name,
        error,
      });
    }
    const next = await nextOf(row);
    await store.fired(row, {
      job,
      error: "at" in next ? error : next.because,
      nextAt: "at" in next ? new Date(next.at) : null,
    });
  };
  const makeBuiltIn = async () => {
    if (complete) return;
    const there = new Set((await store.list()).map(({ name }) => name));
    for (const [name, request] of builtIn) {
      if (there.has(name)) continue;
      const { schedule, nextAt } = await check(name, request);
      await store.ensure(schedule, nextAt);
    }
    complete = true;
  };
  const look = async () => {
    let waitMs = options.lookMs;
    try {
      await makeBuiltIn();
      for (const row of await store.due(firing)) {
        if (stopped) return;
        await fire(row);
      }
      waitMs = Math.min(waitMs, await store.nextInMs(firing) ?? Infinity);
    } catch (error) {
      if (!stopped) logger.warning("Cannot fire schedules: {error}", { error });
    }
    clearTimeout(timer);
    // Not a moment too early: the database's clock says when it is due.
    if (!stopped) timer = setTimeout(tick, Math.max(waitMs, 0) + 5);
  };
  function tick(): Promise<void> {
    clearTimeout(timer);
    return current = current.then(() => stopped ? undefined : look());
  }

  return {
    async list() {
      if (!complete) await current;
      return (await store.list()).map((row) =>
        toScheduleRecord(row, builtIn.has(row.name))
      );
    },
    async put(name, request) {
      const { schedule, nextAt } = await check(name, request);
      const created = await store.put(schedule, nextAt);
      // It may be due before the look that is planned.
      void tick();
      const row = (await store.list()).find((row) => row.name === name);
      if (row === undefined) {
        throw new ProblemError("conflict", {
          detail: `The schedule "${name}" was deleted at the same moment`,
        });
      }
      return { schedule: toScheduleRecord(row, builtIn.has(name)), created };
    },
    async remove(name) {
      if (builtIn.has(name)) {
        throw new ProblemError("conflict", {
          detail:
            `Cannot delete the schedule "${name}": it is built in; PUT gives it another time`,
        });
      }
      return await store.remove(name);
    },
    start() {
      stopped = false;
      void tick();
    },
    tick,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
