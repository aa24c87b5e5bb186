import { getLogger } from "@logtape/logtape";
import { PgBoss } from "pg-boss";
import type { Engine } from "../db/types.ts";
import type { JobClass } from "./_runnable.ts";

const logger = getLogger(["loophound", "jobs"]);

/** What a ticket says: there is a job to be run. */
export interface Ticket {
  id: string;
  class: JobClass;
  /** Null: any server may run it. */
  host: string | null;
  /** Higher first. */
  priority: number;
  /** @default {0} */
  delayMs?: number;
}

/** A ticket that was taken. */
export interface TakenTicket {
  id: string;
  /** Any server could have taken it. */
  shared: boolean;
}

/**
 * The queue, on pg-boss: priority, delay, and handing each ticket to one
 * server. A ticket is a hint and may be sent again or be lost: whoever takes
 * one claims the job that is next in the table, which need not be the one that
 * the ticket was sent for. So priority and age hold for tickets sent again.
 */
export interface Tickets {
  send(tickets: readonly Ticket[]): Promise<void>;
  /** Takes up to `limit` tickets of a class away. */
  take(what: JobClass, limit: number): Promise<TakenTicket[]>;
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

/** Opens pg-boss over the engine; two servers may do so at once. */
export async function openTickets(
  options: OpenTicketsOptions,
): Promise<Tickets> {
  const { engine, host } = options;
  const queues: Record<JobClass, { name: string; shared: boolean }[]> = {
    load: [
      { name: `load.${host}`, shared: false },
      ...(options.shared ? [{ name: "load", shared: true }] : []),
    ],
    // What is not a load needs no file of any host.
    other: [{ name: "job", shared: true }],
  };
  const names = Object.values(queues).flat().map(({ name }) => name);
  const queueOf = (ticket: Ticket) =>
    (ticket.host === null ? queues[ticket.class].at(-1) : undefined)?.name ??
      `load.${host}`;
  const boss = new PgBoss({
    db: {
      executeSql: (text: string, values?: unknown[]) =>
        engine.executeSql(text, values),
    },
    backend: engine.kind,
    schema: "pgboss",
    // See _schedules.ts.
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
    for (const name of names) {
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
      for (const name of names) {
        const rows = tickets.filter((ticket) => queueOf(ticket) === name).map(
          ({ id, priority, delayMs = 0 }) => ({
            data: { id },
            singletonKey: id,
            priority,
            // An interval, not a time: only the database's clock counts.
            ...(delayMs > 0
              ? { startAfter: `${Math.ceil(delayMs)} milliseconds` }
              : {}),
          }),
        );
        if (rows.length > 0) await boss.insert(name, rows);
      }
    },
    async take(what, limit) {
      const taken: TakenTicket[] = [];
      for (const { name, shared } of queues[what]) {
        const batchSize = limit - taken.length;
        if (batchSize <= 0) break;
        const tickets = await boss.fetch<{ id: string }>(name, { batchSize });
        if (tickets.length === 0) continue;
        await boss.deleteJob(name, tickets.map(({ id }) => id));
        taken.push(...tickets.map(({ data: { id } }) => ({ id, shared })));
      }
      return taken;
    },
    close: stop,
  };
}
