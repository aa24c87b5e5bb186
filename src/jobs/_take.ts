import type { Taken } from "./_dispatcher.ts";
import type { JobRow } from "./_rows.ts";
import { type JobClass, jobClasses, type Runnable } from "./_runnable.ts";
import type { JobStore } from "./_store.ts";
import type { Claimable } from "./_store_queue.ts";
import type { TakenTicket, Ticket, Tickets } from "./_tickets.ts";

type Queued = Pick<JobRow, "id" | "kind" | "host" | "priority">;

/** Finds what this server runs next. */
export interface JobTaker {
  /** Jobs of all classes that this server may run. */
  readonly all: Claimable;
  ticket(job: Queued): Ticket;
  /**
   * Claims jobs of a class. With `news` the table is looked at itself: its
   * event may be quicker than its ticket.
   */
  take(
    what: JobClass,
    options: { limit: number; news: boolean },
  ): Promise<Taken<JobRow>>;
}

/** What {@linkcode jobTaker} works with. */
export interface JobTakerOptions {
  store: Pick<JobStore, "claim">;
  tickets: Pick<Tickets, "take" | "send">;
  host: string;
  kinds: ReadonlyMap<string, Runnable>;
}

/** Makes a taker. */
export function jobTaker(options: JobTakerOptions): JobTaker {
  const { store, tickets, host, kinds } = options;
  const of = (what: JobClass): Claimable => ({
    host,
    kinds: [...kinds.values()].filter((kind) => kind.class === what)
      .map(({ name }) => name),
  });
  const claimable: Record<JobClass, Claimable> = {
    load: of("load"),
    other: of("other"),
  };
  const ticket = ({ id, kind, host, priority }: Queued): Ticket => ({
    id,
    class: kinds.get(kind)?.class ?? "other",
    host,
    priority,
  });

  /**
   * A ticket that any server could have taken went for a job that only this
   * host can run, whose own ticket is still there: others get it back.
   */
  const giveBack = async (
    what: JobClass,
    hints: readonly TakenTicket[],
    rows: readonly JobRow[],
  ) => {
    const hinted = new Set(hints.map(({ id }) => id));
    const bound = rows.filter(({ id, host }) =>
      host !== null && !hinted.has(id)
    );
    const unused = hints.filter(({ id, shared }) =>
      shared && !rows.some((row) => row.id === id)
    ).slice(0, bound.length);
    if (unused.length === 0) return;
    await tickets.send(unused.map(({ id }) => ({
      id,
      class: what,
      host: null,
      priority: 0,
    })));
  };

  return {
    all: { host, kinds: jobClasses.flatMap((what) => claimable[what].kinds) },
    ticket,
    async take(what, { limit, news }) {
      if (news) {
        const rows = await store.claim({ ...claimable[what], limit });
        if (rows.length > 0) return { items: rows, more: true };
      }
      const hints = await tickets.take(what, limit);
      if (hints.length === 0) return { items: [], more: false };
      const claimed = await store.claim({
        ...claimable[what],
        limit: hints.length,
      });
      await giveBack(what, hints, claimed);
      return { items: claimed, more: true };
    },
  };
}
