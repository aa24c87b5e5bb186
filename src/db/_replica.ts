import { getLogger } from "@logtape/logtape";
import { setTimeout as delay } from "node:timers/promises";
import { type ReplicaAnswer, replicaClient } from "./_replica_client.ts";
import { createLagMeter } from "./_replica_lag.ts";
import { type ReplicaTiming, replicaTiming } from "./_replica_timing.ts";
import type { ReplicaStatus } from "./types.ts";

const logger = getLogger(["loophound", "db"]);

/** What the primary says of itself. */
export interface PrimaryAnswer {
  position: bigint;
  /** Its clock, milliseconds since the epoch. */
  nowMs: number;
  /** Tells two running servers apart. */
  started: string;
  /** A cluster and its copies share it; undefined: the server does not say. */
  system: string | undefined;
}

/** Options of {@linkcode watchReplica}. */
export interface WatchReplicaOptions {
  url: string;
  /** Further behind it is not used; Infinity: it need only answer. */
  maxLagMs: number;
  primary: () => Promise<PrimaryAnswer>;
  timing?: Partial<ReplicaTiming>;
}

/** Knows whether a replica may answer. */
export interface ReplicaWatch extends AsyncDisposable {
  /**
   * Whether the replica may answer a query that must show all before `after`;
   * may wait for it. Rejects only with the signal's reason.
   */
  admits(after: bigint, signal: AbortSignal): Promise<boolean>;
  /** The replica has answered a query. */
  answered(): void;
  /** The replica could not be used for a query. */
  failed(why: string): void;
  status(): Omit<ReplicaStatus, "queries">;
}

const notYet = "it has not been looked at yet";
const pollMs = 15;

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return messageOf(error.errors[0]);
  }
  return error instanceof Error && error.message !== ""
    ? error.message
    : String(error);
}

/**
 * Watches a replica: how far it is behind, and whether it answers at all. It
 * is looked at when a query asks, at most every `cacheMs`, and every `idleMs`
 * otherwise; one that is gone, less and less often, and never by a query, so
 * that no query waits for a connection that cannot be made.
 */
export function watchReplica(options: WatchReplicaOptions): ReplicaWatch {
  const { maxLagMs, primary } = options;
  const timing = replicaTiming(options.timing);
  const closing = new AbortController();
  const client = replicaClient(options.url, timing.answerMs);
  const meter = createLagMeter();
  let why: string | null = notYet;
  let gone = false;
  let isPrimary = false;
  let stale = false;
  let lagMs = Infinity;
  let behindBytes: number | null = null;
  let replayed: { text: string; position: bigint } | undefined;
  let answeredAt: Date | undefined;
  let lookedAt = -Infinity;
  let lookBegan = -Infinity;
  let looking: Promise<void> | undefined;
  /** Of looks, and of queries: one may work without the other. */
  let failures = 0;
  let refusals = 0;
  let barredUntil = -Infinity;

  const pauseAfter = (times: number): number =>
    Math.min(timing.maxBackoffMs, timing.backoffMs * 2 ** (times - 1));
  const decide = (reason: string | null): void => {
    if (closing.signal.aborted) return;
    const before = why;
    why = reason;
    if (reason !== null && (before === null || before === notYet)) {
      logger.warning("Heavy queries go to the primary: the replica: {why}", {
        why: reason,
      });
    } else if (reason === null && before !== null && before !== notYet) {
      logger.info("Heavy queries go to the replica again");
    }
  };
  const askPrimary = async (): Promise<PrimaryAnswer | undefined> => {
    const asked = primary().catch(() => undefined);
    const enough = new AbortController();
    const late = delay(timing.answerMs, undefined, {
      signal: AbortSignal.any([enough.signal, closing.signal]),
    }).catch(() => undefined);
    return await Promise.race([asked, late]).finally(() => enough.abort());
  };
  /** Why a server that answers is not used all the same. */
  const objection = (
    there: ReplicaAnswer,
    origin: PrimaryAnswer | undefined,
  ): string | null => {
    // Half the bound to come back: else it would come and go.
    stale = lagMs > (stale ? maxLagMs / 2 : maxLagMs);
    if (isPrimary || maxLagMs === Infinity) return null;
    if (
      origin?.system !== undefined && there.system !== undefined &&
      origin.system !== there.system
    ) {
      return "it is a copy of another database cluster";
    }
    if (!there.standby) return "it replays no other server's log";
    if (!stale) return null;
    return lagMs === Infinity
      ? "it is not known how far it is behind"
      : `it is ${(lagMs / 1000).toFixed(1)} s behind (REPLICA_MAX_LAG_S)`;
  };

  const lookOnce = async (): Promise<void> => {
    const asked = lookBegan = performance.now();
    // The primary first: a replica that is there now shows all of it.
    const origin = await askPrimary();
    if (origin !== undefined) meter.primary(origin.position, asked);
    const there = await client.ask();
    const now = performance.now();
    failures = 0;
    gone = false;
    lookedAt = now;
    answeredAt = new Date();
    replayed = there.replayed;
    isPrimary = origin !== undefined && there.started === origin.started;
    const lag = meter.lag({
      now,
      replayed: there.standby ? there.replayed?.position : undefined,
      sinceCommitMs: origin === undefined || there.commitMs === undefined
        ? undefined
        : origin.nowMs - there.commitMs,
    });
    lagMs = isPrimary ? 0 : lag.lagMs;
    behindBytes = isPrimary ? 0 : lag.behindBytes;
    if (now < barredUntil) return;
    decide(objection(there, origin));
  };
  const lost = (error: unknown): void => {
    failures++;
    gone = true;
    lagMs = Infinity;
    behindBytes = null;
    replayed = undefined;
    decide(`it cannot be reached: ${messageOf(error)}`);
  };
  const look = (): Promise<void> =>
    looking ??= lookOnce().catch(lost).finally(() => looking = undefined);

  const watching = (async () => {
    const { signal } = closing;
    while (!signal.aborted) {
      await look();
      const pause = gone ? pauseAfter(failures) : timing.idleMs;
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  })();

  /** Waits until the replica has replayed so much. */
  const reaches = async (
    after: bigint,
    signal: AbortSignal,
  ): Promise<boolean> => {
    if (lagMs > timing.waitMs) return false;
    const end = performance.now() + timing.waitMs;
    for (;;) {
      try {
        const there = (await client.ask()).replayed;
        signal.throwIfAborted();
        if (there !== undefined) {
          replayed = there;
          if (there.position >= after) return true;
        }
      } catch (error) {
        signal.throwIfAborted();
        lost(error);
        return false;
      }
      if (performance.now() + pollMs > end) return false;
      await delay(pollMs);
      signal.throwIfAborted();
    }
  };

  return {
    async admits(after, signal) {
      const now = performance.now();
      const known = now - lookedAt <= timing.cacheMs;
      if (!known && !gone && now >= barredUntil) {
        const enough = new AbortController();
        const looked = look();
        // Counted from the look's own start: who comes when it already takes
        // too long does not wait.
        const left = lookBegan + timing.cacheMs - now;
        await Promise.race([
          looked,
          delay(Math.max(0, left), undefined, { signal: enough.signal })
            .catch(() => {}),
        ]).finally(() => enough.abort());
        signal.throwIfAborted();
        // What was seen before counts with its age.
        if (lagMs + (performance.now() - lookedAt) > maxLagMs) return false;
      }
      if (why !== null) return false;
      if (isPrimary || after === 0n) return true;
      if (replayed !== undefined && replayed.position >= after) return true;
      return await reaches(after, signal);
    },
    answered() {
      refusals = 0;
    },
    failed(reason) {
      refusals++;
      barredUntil = performance.now() + pauseAfter(refusals);
      decide(`it has refused a query: ${reason}`);
    },
    status: () => ({
      used: why === null,
      why,
      lag_ms: Number.isFinite(lagMs) ? Math.round(lagMs) : null,
      behind_bytes: behindBytes,
      replayed: replayed?.text ?? null,
      answered_at: answeredAt?.toISOString() ?? null,
    }),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await client[Symbol.asyncDispose]();
      await watching;
      await looking;
      // A look that began meanwhile has connected again.
      await client[Symbol.asyncDispose]();
    },
  };
}
