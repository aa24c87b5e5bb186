import { ProblemError } from "../errors.ts";
import { loadKind } from "./_load_kind.ts";
import { noProgress } from "./_progress.ts";
import { inputOf } from "./_requests.ts";
import { type JobRow, toRecord } from "./_rows.ts";
import { removeSpooled } from "./_spool_files.ts";
import { isOver } from "./_sql.ts";
import type { JobStore } from "./_store.ts";
import type { NewJob } from "./_store_queue.ts";
import { writeJob } from "./_submit.ts";
import { checkInput, checkPriority, invalidBody } from "./_validate.ts";
import type { Worker } from "./_worker.ts";
import { dedupKey } from "./dedup_key.ts";
import type { JobKind, Jobs } from "./types.ts";

/** What {@linkcode jobCommands} works with. */
export interface JobCommandsOptions {
  store: JobStore;
  worker: Pick<Worker, "queued" | "cancel" | "ended">;
  host: string;
  kinds: ReadonlyMap<string, JobKind>;
  /** An event was written. */
  onWritten: () => void;
  /** Throws when nothing is to be queued any more. */
  assertOpen: () => void;
}

const uniqueViolation = "23505";

function isEqualAlive(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    error.code === uniqueViolation;
}

/** What people do to jobs. */
export function jobCommands(
  options: JobCommandsOptions,
): Pick<Jobs, "submit" | "start" | "cancel" | "retry"> {
  const { store, worker, host, kinds, onWritten, assertOpen } = options;

  const queue = async (job: NewJob) => {
    const id = await writeJob(store, job);
    if (id !== job.id) return { id, created: false };
    onWritten();
    await worker.queued(job);
    return { id, created: true };
  };
  const conflict = (detail: string) => new ProblemError("conflict", { detail });
  const assertRetriable = async ({ id, state, request, ...row }: JobRow) => {
    if (state !== "failed" && state !== "cancelled") {
      throw conflict(
        `Cannot retry job ${id}: it is ${state}, and only failed and cancelled jobs are retried`,
      );
    }
    if (row.kind !== loadKind && !kinds.has(row.kind)) {
      throw conflict(
        `Cannot retry job ${id}: this server has no kind "${row.kind}"`,
      );
    }
    if (request?.file?.spooled === true && row.spooled_path === null) {
      throw conflict(
        `Cannot retry job ${id}: its upload is no longer kept; send the file again`,
      );
    }
    const path = row.host === host ? request?.file?.path : undefined;
    if (path !== undefined && !await exists(path)) {
      throw conflict(
        `Cannot retry job ${id}: its file is no longer there; send or name it again`,
      );
    }
  };

  return {
    async submit(request, { key, priority, schedule } = {}) {
      const { file, sample } = request;
      const id = crypto.randomUUID();
      let made: { id: string; created: boolean } | undefined;
      try {
        assertOpen();
        made = await queue({
          id,
          kind: loadKind,
          source: request.source,
          request,
          input: inputOf(request),
          dedupKey: dedupKey(request, host),
          host: file === undefined ? null : host,
          priority: checkPriority(priority ?? (sample ? -1 : 0)),
          resumes: "starts_over",
          key: key ?? null,
          schedule: schedule ?? null,
          progress: noProgress(file?.bytes ?? 0),
        });
        return made;
      } finally {
        // No job will ever delete it.
        if (made?.created !== true && file?.spooled === true) {
          await removeSpooled(file.path);
        }
      }
    },
    async start(name, input, { key, priority, schedule } = {}) {
      assertOpen();
      const kind = kinds.get(name);
      if (kind === undefined) {
        throw invalidBody([{
          field: "kind",
          detail: name === loadKind
            ? 'is "load": POST /api/sources/:source/load makes those'
            : `is "${name}", not one of ${[...kinds.keys()].join(", ")}`,
        }]);
      }
      checkInput(kind.input, input);
      const id = crypto.randomUUID();
      return await queue({
        id,
        kind: name,
        source: null,
        request: null,
        input,
        // Each is a job of its own; those of a schedule do not overlap.
        dedupKey: schedule === undefined
          ? `${name} ${id}`
          : `schedule ${schedule}`,
        host: null,
        priority: checkPriority(priority ?? 0),
        resumes: kind.resumes,
        key: key ?? null,
        schedule: schedule ?? null,
        progress: noProgress(0),
      });
    },
    async cancel(id) {
      // Ids that are none at all are known to `find`.
      const before = await store.find(id);
      if (before === undefined) return undefined;
      const row = await store.cancel(id);
      if (row === undefined) return await store.get(id);
      onWritten();
      if (isOver(row.state)) await worker.ended(row);
      else worker.cancel(id, row.attempts);
      return toRecord(row);
    },
    async retry(id) {
      assertOpen();
      const before = await store.find(id);
      if (before === undefined) return undefined;
      await assertRetriable(before);
      let row: JobRow | undefined;
      try {
        row = await store.retry(id, noProgress(before.progress.total));
      } catch (error) {
        if (!isEqualAlive(error)) throw error;
        const alive = await store.findAliveLike(id);
        throw conflict(
          `Cannot retry job ${id}: an equal one is queued or running${
            alive === undefined ? "" : `, job ${alive}`
          }`,
        );
      }
      if (row === undefined) {
        throw conflict(`Cannot retry job ${id}: its state has just changed`);
      }
      onWritten();
      await worker.queued(row);
      return toRecord(row);
    },
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
