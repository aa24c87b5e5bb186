import type { Source } from "../collection.ts";
import { findLoadFile } from "../load_file.ts";
import type { CronAnswer } from "./_cron_task.ts";
import { loadKind } from "./_load_kind.ts";
import type { NewSchedule } from "./_schedule_store.ts";
import { checkInput, checkPriority, invalidBody } from "./_validate.ts";
import type { JobKind, ScheduleRequest } from "./types.ts";

const namePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const cronPattern = /^[\s\dA-Za-z*/,?#@-]{1,200}$/;

/** What {@linkcode checkSchedule} works with. */
export interface CheckScheduleOptions {
  request: ScheduleRequest;
  host: string;
  kinds: ReadonlyMap<string, JobKind>;
  sources: ReadonlyMap<string, Source>;
  allowedRoots: readonly string[];
  nextTime: (schedule: NewSchedule) => Promise<CronAnswer>;
}

/** A schedule that is as it should be, and when it is due. */
export interface CheckedSchedule {
  schedule: NewSchedule;
  nextAt: Date;
}

/**
 * Checks what a schedule asks for, as it would be checked if it were asked for
 * now: kind or source, input, file, cron and time zone.
 *
 * @throws {ProblemError} Names the field at fault.
 */
export async function checkSchedule(
  name: string,
  options: CheckScheduleOptions,
): Promise<CheckedSchedule> {
  const { request, kinds, sources } = options;
  const { cron, timezone = "UTC", input = {}, path = null } = request;
  const wrong = (field: string, detail: string) =>
    invalidBody([{ field, detail }]);
  if (!namePattern.test(name)) {
    throw wrong(
      "name",
      `is "${name}": a name has 1 to 64 lower-case letters, digits, hyphens and underscores, and starts with a letter or digit`,
    );
  }
  if ((request.kind === undefined) === (request.source === undefined)) {
    throw wrong("kind", 'either "kind" or "source" must be given');
  }
  const schedule: NewSchedule = {
    name,
    cron: cron.trim(),
    timezone,
    kind: request.kind ?? loadKind,
    source: request.source ?? null,
    input,
    path,
    host: path === null ? null : options.host,
    priority: checkPriority(request.priority ?? 0),
  };
  const nextAt = await checkTime(schedule, options);
  if (request.source === undefined) {
    const kind = kinds.get(schedule.kind);
    if (kind === undefined) {
      throw wrong("kind", `is "${schedule.kind}", not one of ${list(kinds)}`);
    }
    if (path !== null) throw wrong("path", "is for loads");
    checkInput(kind.input, input);
    return { schedule, nextAt };
  }
  const source = sources.get(request.source);
  if (source === undefined) {
    throw wrong(
      "source",
      `is "${request.source}", not one of ${list(sources)}`,
    );
  }
  checkInput(source.input, input);
  const needsFile = source.kind === "file" || source.kind === "folder";
  if (needsFile !== (path !== null)) {
    throw wrong(
      "path",
      needsFile
        ? `is missing: source "${source.name}" reads a ${source.kind}`
        : `is not known here: source "${source.name}" reads no file`,
    );
  }
  if (path !== null) {
    await findLoadFile(path, { source, roots: options.allowedRoots });
  }
  return { schedule, nextAt };
}

function list(names: ReadonlyMap<string, unknown>): string {
  return [...names.keys()].join(", ");
}

async function checkTime(
  schedule: NewSchedule,
  { nextTime }: CheckScheduleOptions,
): Promise<Date> {
  const { cron } = schedule;
  if (!cronPattern.test(cron) || /^rrule/i.test(cron)) {
    throw invalidBody([{
      field: "cron",
      detail: `is "${cron}": five fields are wanted, as in "0 3 * * *"`,
    }]);
  }
  const next = await nextTime(schedule);
  if ("at" in next) return new Date(next.at);
  throw invalidBody([{
    field: next.wrong,
    detail: `is "${schedule[next.wrong]}": ${next.because}`,
  }]);
}
