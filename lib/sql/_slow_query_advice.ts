import type { QueryLane } from "./slow_query.ts";

/** What is known of a slow query. */
export interface QueryCause {
  lane: QueryLane;
  engine: string;
  executionMs: number;
  waitedMs: number;
  decodeMs: number | null;
  loopCpuMs: number | null;
  rows: number | null;
}

/** What to do, and whether the heavy lane would cure it. */
export interface QueryAdvice {
  text: string;
  offload: boolean;
}

/** CPU time of the thread comes in steps of 10 ms, sampled every 10 ms. */
const CPU_DOUBT_MS = 20;

/**
 * What follows from what was measured; where nothing was, the default table by
 * time.
 */
export function adviceFor(cause: QueryCause): QueryAdvice {
  const { lane, engine, executionMs, waitedMs, decodeMs, rows } = cause;
  if (waitedMs > executionMs) {
    return {
      text: `Waited ${
        ms(waitedMs)
      } for a connection: enlarge the connection pool, or shorten what holds its connections`,
      offload: false,
    };
  }
  if (lane === "heavy") {
    return {
      text:
        "Slow on the heavy lane already: add an index or rewrite the query, offloading will not help",
      offload: false,
    };
  }
  if (decodeMs !== null && decodeMs >= executionMs / 2) {
    const what = rows === null ? "the result" : `${rows} rows`;
    return {
      text: `Decoding ${what} took ${
        ms(decodeMs)
      } on the loop: stream it through the heavy lane`,
      offload: true,
    };
  }
  if (engine === "pglite") {
    return {
      text:
        "The embedded engine answers one query at a time, and every lookup waits for this one: run it on the heavy lane",
      offload: true,
    };
  }
  if (servedSlowly(cause)) {
    return {
      text:
        "Slow in the database server: add an index or rewrite the query, offloading will not help",
      offload: false,
    };
  }
  return { text: byTime(executionMs), offload: false };
}

/** Whether it is known that decoding on the loop was not what took the time. */
function servedSlowly({ executionMs, decodeMs, loopCpuMs }: QueryCause) {
  if (decodeMs !== null) return true;
  // Without a measure of the decoding: the thread's CPU time bounds it.
  return loopCpuMs !== null &&
    loopCpuMs + CPU_DOUBT_MS < executionMs / 2;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function byTime(executionMs: number): string {
  if (executionMs < 10) return "Light lane";
  if (executionMs < 50) return "Consider the heavy lane";
  if (executionMs <= 100) return "Should use the heavy lane";
  return "Must use the heavy lane";
}
