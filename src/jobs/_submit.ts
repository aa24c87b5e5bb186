import { ProblemError } from "../errors.ts";
import { requestOf } from "./_requests.ts";
import type { JobStore } from "./_store.ts";
import type { NewJob } from "./_store_queue.ts";

/**
 * Writes a job down, unless there is one already: with the same idempotency
 * key, or, without one, an equal one that is queued or running.
 *
 * @returns The id of the job that does it: the new one's or the other's.
 * @throws {ProblemError} "idempotency-conflict": the key was used for
 * something else.
 */
export async function writeJob(
  store: JobStore,
  wanted: NewJob,
): Promise<string> {
  const { kind, key, schedule } = wanted;
  let job = wanted;
  // Who ends or comes between two looks makes another turn.
  for (;;) {
    if (key !== null) {
      const known = await store.findKey(kind, key);
      if (known !== undefined) {
        if (requestOf(known) === requestOf(job)) return known.id;
        throw new ProblemError("idempotency-conflict", {
          detail:
            `The Idempotency-Key "${key}" was used for another request: job ${known.id}`,
        });
      }
    }
    if (await store.insert(job)) return job.id;
    const alive = await store.findAlive(job.dedupKey);
    if (alive === undefined) continue;
    if (key === null || schedule !== null) return alive.id;
    if (alive.key === null && await store.adoptKey(alive.id, key)) {
      return alive.id;
    }
    // A key of its own makes a job of its own.
    job = { ...wanted, dedupKey: `${wanted.dedupKey} ${key}` };
  }
}
