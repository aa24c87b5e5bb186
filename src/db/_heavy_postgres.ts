import type { ThreadPool } from "@loophound/toolkit/offload";
import pg from "pg";
import { startDeadline } from "./_deadline.ts";
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
import type { HeavyLane } from "./types.ts";

/** Options of {@linkcode heavyPostgres}. */
export interface HeavyPostgresOptions {
  url: string;
  pool: ThreadPool;
  /** For the same server. */
  reaper: SessionReaper;
  onHeavyQuery?: ((figures: HeavyFigures) => void) | undefined;
}

/**
 * The heavy lane of a server: queries run in threads, each with a connection
 * of its own, in a read-only transaction. What ends one early (abort,
 * deadline, the reader going away, the thread's death) also ends its session
 * on the server, from another connection: a server does not notice that a
 * client has gone while it computes.
 */
export function heavyPostgres(options: HeavyPostgresOptions): HeavyLane {
  const { url, pool, reaper } = options;
  return {
    async run(query, heavyOptions) {
      const deadline = startDeadline(query, heavyOptions);
      const asked = performance.timeOrigin + performance.now();
      // A name a query: ending it can never hit the connection's next one.
      const applicationName = `loophound heavy ${crypto.randomUUID()}`;
      let started = asked;
      let over = false;
      const finish = (early: boolean): void => {
        if (over) return;
        over = true;
        deadline[Symbol.dispose]();
        if (early) void reaper.end(applicationName);
      };
      deadline.signal.addEventListener("abort", () => finish(true), {
        once: true,
      });
      try {
        const answer = await pool.run<HeavyTaskInput, HeavyTaskOutput>(
          heavyTask,
          {
            url,
            sql: query.sql,
            parameters: textValues(query.parameters),
            format: query.format ?? "json",
            timeoutMs: Math.min(deadline.deadlineMs, 2 ** 31 - 1),
            applicationName,
          },
          {
            signal: deadline.signal,
            onProgress(update) {
              const told = update as HeavyTaskUpdate;
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
            },
          },
        );
        if ("refused" in answer) {
          throw Object.assign(
            new pg.DatabaseError(answer.refused.message, 0, "error"),
            answer.refused,
          );
        }
        return watchBody(answer.body, (how) => finish(how !== "ended"));
      } catch (error) {
        finish(!(error instanceof pg.DatabaseError));
        throw deadline.signal.aborted ? deadline.signal.reason : error;
      }
    },
  };
}
