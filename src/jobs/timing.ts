import type { Engine } from "../db/types.ts";

/** How long what takes; all in milliseconds. */
export interface JobTiming {
  /**
   * A running job whose server has not renewed its claim for so long belongs
   * to whoever takes it.
   *
   * @default {15_000}
   */
  leaseMs: number;
  /**
   * How often claims are renewed.
   *
   * @default {3_000}
   */
  renewMs: number;
  /**
   * How often jobs of dead servers and lost tickets are looked for.
   *
   * @default {5_000 on PostgreSQL, 30_000 on the embedded engine}
   */
  sweepMs: number;
  /**
   * How often the queue is looked at when nothing was queued here.
   *
   * @default {2_000 on PostgreSQL, 30_000 on the embedded engine}
   */
  pollMs: number;
  /**
   * Before the second attempt; four times as long each time, a quarter more or
   * less by chance.
   *
   * @default {1_000}
   */
  backoffMs: number;
  /**
   * How long closing waits for running loads.
   *
   * @default {3_000}
   */
  closeMs: number;
  /**
   * How long closing waits for loads that it has stopped.
   *
   * @default {3_000}
   */
  stopMs: number;
  /**
   * A queued job whose file is on a server not seen for so long fails.
   *
   * @default {3_600_000}
   */
  hostGoneMs: number;
  /**
   * Uploads that belong to no job are deleted at start when they are so old:
   * beside a server, another process may be taking one in.
   *
   * @default {3_600_000 on PostgreSQL, 0 on the embedded engine}
   */
  orphanMs: number;
  /**
   * The upload of a failed or cancelled job is kept so long for a retry.
   *
   * @default {86_400_000}
   */
  keepUploadMs: number;
  /**
   * How often it is looked for uploads that were kept long enough.
   *
   * @default {600_000}
   */
  uploadsMs: number;
  /**
   * Schedules are looked at when one is due, and at least so often: another
   * server may have changed one.
   *
   * @default {30_000}
   */
  schedulesMs: number;
}

/** The times for an engine, with some of them given. */
export function jobTiming(
  kind: Engine["kind"],
  timing: Partial<JobTiming> = {},
): JobTiming {
  const alone = kind === "pglite";
  return {
    leaseMs: 15_000,
    renewMs: 3_000,
    // No one else queues on the embedded engine: these are a safety net.
    sweepMs: alone ? 30_000 : 5_000,
    pollMs: alone ? 30_000 : 2_000,
    backoffMs: 1_000,
    closeMs: 3_000,
    stopMs: 3_000,
    hostGoneMs: 3_600_000,
    orphanMs: alone ? 0 : 3_600_000,
    keepUploadMs: 86_400_000,
    uploadsMs: 600_000,
    schedulesMs: 30_000,
    ...timing,
  };
}
