/** How long what takes; all in milliseconds. */
export interface ReplicaTiming {
  /** What was seen of the replica counts for so long. @default {250} */
  cacheMs: number;
  /** It is looked at so often when nothing is asked. @default {1_000} */
  idleMs: number;
  /** A query waits so long for it to replay what it must show. @default {1_000} */
  waitMs: number;
  /** A server that has not answered after it counts as gone. @default {1_000} */
  answerMs: number;
  /** Before it is tried again; twice as long each time. @default {500} */
  backoffMs: number;
  /** @default {15_000} */
  maxBackoffMs: number;
}

/** The times, with some of them given. */
export function replicaTiming(
  timing: Partial<ReplicaTiming> = {},
): ReplicaTiming {
  return {
    cacheMs: 250,
    idleMs: 1_000,
    waitMs: 1_000,
    answerMs: 1_000,
    backoffMs: 500,
    maxBackoffMs: 15_000,
    ...timing,
  };
}
