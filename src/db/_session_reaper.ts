import { getLogger } from "@logtape/logtape";
import { openClient } from "./_pg_client.ts";

const logger = getLogger(["loophound", "db"]);

/**
 * Milliseconds after which a session that was not found is looked for again:
 * what it was to run may still have been on its way to the server.
 */
const pauses = [200, 1_000];

/** Ends sessions on a server whose clients are gone. */
export interface SessionReaper {
  /**
   * Ends the sessions of that `application_name`, with what they run.
   *
   * @returns When it was looked for once.
   */
  end(name: string): Promise<void>;
  /** Looks for what is left once more, now, and closes the connection. */
  close(): Promise<void>;
}

interface Sought {
  name: string;
  looks: number;
  due: number;
  first: () => void;
}

/**
 * Makes a reaper. It connects when there is something to do, once for all.
 *
 * Sessions are terminated, not cancelled: a cancellation that arrives between
 * the messages of a pipelined query is ignored by the server without a word
 * (seen in one of three tries on a busy machine), and nobody wants the
 * session back.
 */
export function createSessionReaper(url: string): SessionReaper {
  const sought = new Set<Sought>();
  let working: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let closing = false;

  const work = async (): Promise<void> => {
    const client = await openClient(url, "loophound control");
    try {
      while (sought.size > 0) {
        const now = performance.now();
        const due = [...sought].filter((one) => closing || one.due <= now);
        if (due.length === 0) {
          const next = Math.min(...[...sought].map((one) => one.due));
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, next - now);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
          continue;
        }
        const { rows } = await client.query<{ name: string }>(
          `select application_name as name, pg_terminate_backend(pid)
           from pg_stat_activity where application_name = any($1)`,
          [due.map(({ name }) => name)],
        );
        const found = new Set(rows.map(({ name }) => name));
        for (const one of due) {
          const pause = pauses[one.looks++];
          one.due = performance.now() + (pause ?? 0);
          if (closing || pause === undefined || found.has(one.name)) {
            sought.delete(one);
          }
          one.first();
        }
      }
    } finally {
      await client.end();
    }
  };

  const start = (): void => {
    working ??= work().catch((error: unknown) => {
      logger.warning("Cannot end sessions whose clients are gone: {error}", {
        error,
      });
      for (const one of sought) one.first();
      sought.clear();
    }).finally(() => {
      working = undefined;
      // One may have come while the connection was being closed.
      if (sought.size > 0) start();
    });
  };

  return {
    end(name) {
      const { promise, resolve } = Promise.withResolvers<void>();
      sought.add({ name, looks: 0, due: 0, first: resolve });
      start();
      wake?.();
      return promise;
    },
    async close() {
      closing = true;
      while (working !== undefined) {
        wake?.();
        await working;
      }
    },
  };
}
