import type { ThreadPool } from "@loophound/toolkit/offload";
import pg from "pg";
import { startQueryDeadline } from "./_deadline.ts";
import { blamesReplica, UnreachableError } from "./_replica_failure.ts";
import type { ReplicaWatch } from "./_replica.ts";
import type { SessionReaper } from "./_session_reaper.ts";
import { textValues } from "./_values.ts";
import { watchBody } from "./_watch_body.ts";
import type { HeavyFigures } from "./engine_options.ts";
import {
  heavyTask,
  type HeavyTaskInput,
  type HeavyTaskOutput,
  type HeavyTaskUpdate,
} from "./heavy_task.ts";
import { parsePosition } from "./position.ts";
import type { HeavyLane, HeavyOptions, HeavyQuery } from "./types.ts";

/** A server that answers heavy queries. */
export interface HeavyServer {
  url: string;
  /** For the same server. */
  reaper: SessionReaper;
}

/** Options of {@linkcode heavyPostgres}. */
export interface HeavyPostgresOptions {
  primary: HeavyServer;
  /** Answers instead of the primary while its watch admits it. */
  replica?: (HeavyServer & { watch: ReplicaWatch }) | undefined;
  pool: ThreadPool;
  onHeavyQuery?: ((figures: HeavyFigures) => void) | undefined;
}

/** The heavy lane, and what decides where its queries go. */
export interface HeavyPostgres extends HeavyLane {
  /** Queries answered so far, by server. */
  readonly answers: { replica: number; primary: number };
  /** What every query must show that does not ask for more. */
  require(position: bigint): void;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * The heavy lane of a server: queries run in threads, each with a connection
 * of its own, in a read-only transaction. What ends one early (abort,
 * deadline, the reader going away, the thread's death) also ends its session
 * on the server, from another connection: a server does not notice that a
 * client has gone while it computes.
 *
 * A replica that fails a query before a byte of its answer was sent (it went
 * away, or what it replayed removed rows that the query needed) costs time,
 * not the answer: the query is asked again, once, on the primary.
 */
export function heavyPostgres(options: HeavyPostgresOptions): HeavyPostgres {
  const { primary, replica } = options;
  const answers = { replica: 0, primary: 0 };
  let required = 0n;

  const run = async (
    query: HeavyQuery,
    heavyOptions?: HeavyOptions,
  ): Promise<Body> => {
    const after = positionOf(heavyOptions?.after);
    const { deadline, deadlineMs } = startQueryDeadline(query, heavyOptions);
    const { signal } = deadline;
    const asked = performance.timeOrigin + performance.now();

    const on = async ({ url, reaper }: HeavyServer): Promise<Body> => {
      // A name a query: ending it can never hit the connection's next one.
      const applicationName = `loophound heavy ${crypto.randomUUID()}`;
      let started = asked;
      let over = false;
      const finish = (early: boolean): void => {
        if (over) return;
        over = true;
        signal.removeEventListener("abort", onAbort);
        if (early) void reaper.end(applicationName);
      };
      const onAbort = (): void => finish(true);
      signal.addEventListener("abort", onAbort, { once: true });
      const onProgress = (told: HeavyTaskUpdate): void => {
        if (told.kind === "started") {
          started = told.at;
          return;
        }
        const { kind: _, ...figures } = told;
        options.onHeavyQuery?.({
          name: query.name,
          sql: query.sql,
          queue_ms: Math.max(0, started - asked),
          ...figures,
        });
      };
      try {
        const answer = await options.pool.run<HeavyTaskInput, HeavyTaskOutput>(
          heavyTask,
          {
            url,
            sql: query.sql,
            parameters: textValues(query.parameters),
            format: query.format ?? "json",
            timeoutMs: Math.min(deadlineMs, 2 ** 31 - 1),
            applicationName,
          },
          {
            signal,
            onProgress: (update) => onProgress(update as HeavyTaskUpdate),
          },
        );
        if ("refused" in answer) {
          throw Object.assign(
            new pg.DatabaseError(answer.refused.message, 0, "error"),
            answer.refused,
          );
        }
        if ("unreachable" in answer) {
          throw new UnreachableError(answer.unreachable);
        }
        return watchBody(answer.body, (how) => {
          deadline[Symbol.dispose]();
          finish(how !== "ended");
        });
      } catch (error) {
        finish(!(error instanceof pg.DatabaseError));
        throw error;
      }
    };

    try {
      const least = after > required ? after : required;
      if (replica !== undefined && await replica.watch.admits(least, signal)) {
        try {
          const body = await on(replica);
          replica.watch.answered();
          answers.replica++;
          return body;
        } catch (error) {
          const blame = signal.aborted ? "nobody" : blamesReplica(error);
          if (blame === "nobody") throw error;
          if (blame === "server") replica.watch.failed(String(error));
        }
      }
      const body = await on(primary);
      answers.primary++;
      return body;
    } catch (error) {
      deadline[Symbol.dispose]();
      throw signal.aborted ? signal.reason : error;
    }
  };

  return {
    run,
    answers,
    require(position) {
      if (position > required) required = position;
    },
  };
}

function positionOf(after: string | undefined): bigint {
  if (after === undefined) return 0n;
  const position = parsePosition(after);
  if (position === undefined) {
    throw new TypeError(
      `Cannot run a heavy query after "${after}": a position is like 0/16B3748`,
    );
  }
  return position;
}
