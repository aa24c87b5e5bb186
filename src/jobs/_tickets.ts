import { getLogger } from "@logtape/logtape";
import { PgBoss } from "pg-boss";
import type { Engine } from "../db/types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** What a ticket says: have a look at this job. */
export interface Ticket {
  id: string;
  /** Null: any server may run it. */
  host: string | null;
  /** Sample data waits until nothing else does. */
  sample: boolean;
  /** @default {0} */
  delayMs?: number;
}

/**
 * The queue, on pg-boss: order, priority, delay, and handing each ticket to
 * one server. A ticket is a hint and may be sent again or be lost: claiming
 * the job in the table decides who runs it.
 */
export interface Tickets {
  send(tickets: readonly Ticket[]): Promise<void>;
  /** Takes up to `limit` tickets away and answers their jobs' ids. */
  take(limit: number): Promise<string[]>;
  close(): Promise<void>;
}

/** Options of {@linkcode openTickets}. */
export interface OpenTicketsOptions {
  engine: Engine;
  /** Tickets with a host come only to servers of that host. */
  host: string;
  /** Some source reads no file, so that any server may run it. */
  shared: boolean;
  /** Forget all tickets: the caller is the only server and sends new ones. */
  reset: boolean;
}

const sharedQueue = "load";

/** Opens pg-boss over the engine; two servers may do so at once. */
export async function openTickets(
  options: OpenTicketsOptions,
): Promise<Tickets> {
  const { engine, host } = options;
  const hostQueue = `load.${host}`;
  const queueOf = (ticket: Ticket) =>
    ticket.host === null && options.shared ? sharedQueue : hostQueue;
  const queues = options.shared ? [hostQueue, sharedQueue] : [hostQueue];
  const boss = new PgBoss({
    db: {
      executeSql: (text: string, values?: unknown[]) =>
        engine.executeSql(text, values),
    },
    backend: engine.kind,
    schema: "pgboss",
    schedule: false,
    // These look at a server's vacuum and index bloat; tickets live for
    // milliseconds, and the embedded engine has one connection.
    reindex: false,
    monitorVacuum: false,
  });
  boss.on("error", (error: Error) => {
    logger.warning("The queue reports an error: {error}", { error });
  });
  boss.on("warning", (warning: { message: string }) => {
    logger.debug("The queue warns: {message}", { message: warning.message });
  });
  const stop = () => boss.stop({ close: false, graceful: false });
  try {
    // pg-boss guards its own tables; the queues it makes one by one.
    await using connection = await engine.connect("jobs");
    await using _lock = await connection.lock("jobs-start");
    await boss.start();
    for (const name of queues) {
      await boss.createQueue(name, {
        // One ticket a job waits at a time (by `singletonKey`): sending it
        // again is free.
        policy: "short",
        retryLimit: 0,
        expireInSeconds: 60,
        deleteAfterSeconds: 60,
      });
      if (options.reset) await boss.deleteAllJobs(name);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    async send(tickets) {
      for (const name of queues) {
        const rows = tickets.filter((ticket) => queueOf(ticket) === name).map(
          ({ id, sample, delayMs = 0 }) => ({
            data: { id },
            singletonKey: id,
            priority: sample ? -1 : 0,
            // An interval, not a time: only the database's clock counts.
            ...(delayMs > 0
              ? { startAfter: `${Math.ceil(delayMs)} milliseconds` }
              : {}),
          }),
        );
        if (rows.length > 0) await boss.insert(name, rows);
      }
    },
    async take(limit) {
      const taken: string[] = [];
      for (const name of queues) {
        const batchSize = limit - taken.length;
        if (batchSize <= 0) break;
        const tickets = await boss.fetch<{ id: string }>(name, { batchSize });
        if (tickets.length === 0) continue;
        await boss.deleteJob(name, tickets.map(({ id }) => id));
        taken.push(...tickets.map(({ data }) => data.id));
      }
      return taken;
    },
    close: stop,
  };
}
