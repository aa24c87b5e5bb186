import assert from "node:assert/strict";
import type { JobRow } from "./_rows.ts";
import type { Runnable } from "./_runnable.ts";
import { jobTaker } from "./_take.ts";
import type { TakenTicket, Ticket } from "./_tickets.ts";

function runnable(name: string, what: Runnable["class"]): [string, Runnable] {
  return [name, {
    name,
    class: what,
    maxErrors: 1,
    total: () => 0,
    run: () => Promise.reject(new Error("not here")),
  }];
}

/** A taker over a table and a queue that answer what they are told to. */
function setUp() {
  const table: Pick<JobRow, "id" | "host">[] = [];
  const queue: TakenTicket[] = [];
  const sent: Ticket[] = [];
  const claims: { kinds: readonly string[]; limit: number }[] = [];
  const taker = jobTaker({
    host: "here",
    kinds: new Map([runnable("load", "load"), runnable("sum", "other")]),
    store: {
      claim({ kinds, limit }) {
        claims.push({ kinds, limit });
        return Promise.resolve(table.splice(0, limit) as JobRow[]);
      },
    },
    tickets: {
      take: (_, limit) => Promise.resolve(queue.splice(0, limit)),
      send(tickets) {
        sent.push(...tickets);
        return Promise.resolve();
      },
    },
  });
  return { table, queue, sent, claims, taker };
}

Deno.test("take() says that there may be more when others were quicker", async () => {
  const { queue, taker } = setUp();
  queue.push({ id: "a", shared: true }, { id: "b", shared: true });
  const look = { limit: 1, news: false };
  assert.deepEqual(await taker.take("other", look), { items: [], more: true });
  assert.deepEqual(await taker.take("other", look), { items: [], more: true });
  assert.deepEqual(await taker.take("other", look), { items: [], more: false });
});

Deno.test("take() claims as many as it has tickets, of its class", async () => {
  const { table, queue, claims, taker } = setUp();
  table.push({ id: "x", host: null }, { id: "y", host: null });
  queue.push({ id: "a", shared: true });
  const taken = await taker.take("other", { limit: 5, news: false });
  assert.deepEqual(taken.items.map(({ id }) => id), ["x"]);
  assert.deepEqual(claims, [{ kinds: ["sum"], limit: 1 }]);
  assert.deepEqual(taker.all.kinds, ["load", "sum"]);
});

Deno.test("take() needs no ticket when there are news", async () => {
  const { table, queue, taker } = setUp();
  table.push({ id: "x", host: null });
  const look = { limit: 5, news: true };
  assert.equal((await taker.take("load", look)).items.length, 1);
  // The news were stale: tickets are looked at all the same.
  queue.push({ id: "a", shared: false });
  assert.deepEqual(await taker.take("load", look), { items: [], more: true });
});

Deno.test("take() gives a ticket for all back when it went for a job of this host", async () => {
  const { table, queue, sent, taker } = setUp();
  table.push({ id: "mine", host: "here" });
  queue.push({ id: "anyone's", shared: true });
  await taker.take("load", { limit: 2, news: false });
  assert.deepEqual(sent.map(({ id, host }) => ({ id, host })), [
    { id: "anyone's", host: null },
  ]);
  table.push({ id: "mine too", host: "here" });
  queue.push({ id: "mine too", shared: false });
  await taker.take("load", { limit: 2, news: false });
  assert.equal(sent.length, 1);
});
