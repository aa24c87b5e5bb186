/** What looks asynchronous and runs on the loop: a database, a worker's rows. */
import { PGlite } from "@electric-sql/pglite";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { BEFORE_CALLBACK, IN_A_QUEUE } from "../misses.ts";
import { makeRows, type Row } from "./_inputs.ts";

export const app = new Hono();
let database: PGlite | undefined;

app.get("/embedded/query", async (c) => {
  const { rows } = await database!.query( // culprit: pglite_query
    "select sum(n) as sum from generate_series(1, 600000) as n",
  );
  return c.json(rows);
});

/** Rows that another thread has made arrive as a message. */
function receiveRows(): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port2.onmessage = function onRows(event: MessageEvent<Row[]>) {
      const rows = event.data; // culprit: message_rows
      port1.close();
      port2.close();
      resolve(rows.length);
    };
    port1.postMessage(makeRows(60_000)); // culprit: message_rows
  });
}

export const cases: readonly Case[] = [
  block("pglite_query", {
    misses: IN_A_QUEUE,
    title: "a query of PGlite on the main thread",
    kind: "embedded database",
    where: "helper's continuation",
    request: "GET /embedded/query",
    prepare: async () => {
      database ??= await PGlite.create(); // short: pglite_query
    },
    function: null,
    cause: "cpu",
    api: "npm:@electric-sql/pglite.PGlite.prototype.query",
    blockMs: 200,
  }),
  block("message_rows", {
    misses: { profile: BEFORE_CALLBACK },
    title: "60,000 rows posted to the loop",
    kind: "clone",
    where: "event callback",
    start: async () => void await receiveRows(),
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 300,
  }),
];
