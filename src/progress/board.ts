import type { Collection } from "../collection.ts";
import type { JobEvent, JobRecord, Jobs } from "../jobs/types.ts";
import {
  type SourceStatus,
  sourceStatus,
  type Subject,
} from "./source_status.ts";

/** A message of the protocol, before it is a string. */
export type ProgressMessage =
  | { type: "initial_status"; data: SourceStatus[] }
  | { type: "progress_update"; data: SourceStatus[] }
  | {
    type: "task_started" | "task_completed" | "task_failed" | "status_change";
    source: string;
    data: SourceStatus;
  };

/** How every source is. */
export interface ProgressBoard {
  /** Sources in the order of their collections, then kinds of jobs. */
  all(): SourceStatus[];
  get(name: string): SourceStatus | undefined;
  /** Takes events in; answers what followers are to be told, in order. */
  apply(events: readonly JobEvent[]): Promise<ProgressMessage[]>;
}

/** Options of {@linkcode readBoard}. */
export interface BoardOptions {
  collections: readonly Pick<Collection, "sources" | "jobs">[];
  jobs: Pick<Jobs, "get" | "list">;
}

interface Shown {
  job: JobRecord;
  at: string;
}

const newestAtOnce = 100;

const taskMessages: Partial<
  Record<JobEvent["type"], "task_started" | "task_completed" | "task_failed">
> = {
  started: "task_started",
  succeeded: "task_completed",
  failed: "task_failed",
};

function subjectsOf(
  collections: BoardOptions["collections"],
): Map<string, Subject> {
  const subjects: Subject[] = [
    ...collections.flatMap(({ sources }) => sources).map((
      { name, description },
    ): Subject => ({ name, description, category: "data_source" })),
    ...collections.flatMap(({ jobs }) => jobs).map((
      { name, description },
    ): Subject => ({ name, description, category: "internal_process" })),
  ];
  return new Map(subjects.map((subject) => [subject.name, subject]));
}

function nameOf({ source, kind }: { source: string | null; kind: string }) {
  return source ?? kind;
}

/** A running job is shown rather than one that waits or is over. */
function prefers(job: JobRecord, shown: JobRecord | undefined): boolean {
  return shown === undefined || shown.id === job.id ||
    shown.state !== "running" || job.state === "running";
}

/** Hands over all running jobs, and the newest one of each subject. */
async function readNewest(
  jobs: Pick<Jobs, "list">,
  subjects: readonly Subject[],
  take: (job: JobRecord) => void,
): Promise<void> {
  const found = await jobs.list({ limit: newestAtOnce });
  const seen = new Map<string, JobRecord>();
  for (const job of found) {
    if (!seen.has(nameOf(job))) seen.set(nameOf(job), job);
  }
  if (found.length === newestAtOnce) {
    for (const { name, category } of subjects) {
      if (seen.has(name)) continue;
      const what = category === "data_source" ? "source" : "kind";
      const [job] = await jobs.list({ limit: 1, [what]: name });
      if (job !== undefined) seen.set(name, job);
    }
  }
  for (const job of seen.values()) take(job);
  for (const job of await jobs.list({ state: "running" })) take(job);
}

/** Reads how every source is now: two light queries, or one a source more. */
export async function readBoard(options: BoardOptions): Promise<ProgressBoard> {
  const { jobs } = options;
  const subjects = subjectsOf(options.collections);
  const shown = new Map<string, Shown>();
  const show = (job: JobRecord, at: string) => {
    if (!prefers(job, shown.get(nameOf(job))?.job)) return false;
    shown.set(nameOf(job), { job, at });
    return true;
  };
  const statusOf = (subject: Subject) => {
    const it = shown.get(subject.name);
    return sourceStatus(subject, { job: it?.job, at: it?.at ?? null });
  };

  await readNewest(jobs, [...subjects.values()], (job) => {
    const at = job.state === "running" ? new Date().toISOString() : undefined;
    show(job, at ?? job.finished_at ?? job.created_at);
  });

  return {
    all: () => [...subjects.values()].map(statusOf),
    get(name) {
      const subject = subjects.get(name);
      return subject && statusOf(subject);
    },
    async apply(events) {
      const messages: ProgressMessage[] = [];
      const moved = new Set<Subject>();
      const read = new Map<string, Promise<JobRecord | undefined>>();
      for (const { job: id, type, at, data } of events) {
        const subject = subjects.get(nameOf(data));
        if (subject === undefined) continue;
        const before = shown.get(subject.name)?.job;
        if (type === "progress" && before?.id === id) {
          const { state, progress, attempts, error } = data;
          show({ ...before, state, progress, attempts, error }, at);
          moved.add(subject);
          continue;
        }
        // Read once for all its events: it is as new as the last of them.
        if (!read.has(id)) read.set(id, jobs.get(id));
        const job = await read.get(id);
        if (job === undefined) continue;
        const isShown = show(job, at);
        const source = subject.name;
        const task = taskMessages[type];
        const status = sourceStatus(subject, { job, at });
        if (task !== undefined) {
          messages.push({ type: task, source, data: status });
        }
        if (isShown) {
          messages.push({ type: "status_change", source, data: status });
        }
      }
      if (moved.size > 0) {
        messages.push({
          type: "progress_update",
          data: [...moved].map(statusOf),
        });
      }
      return messages;
    },
  };
}
