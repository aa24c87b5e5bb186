/** `node:sqlite`: every call is synchronous, and none is called so. */
import { DatabaseSync } from "node:sqlite";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

const SUM =
  "with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) select sum(i) as sum from n";

class Shop {
  readonly #db = new DatabaseSync(":memory:");

  constructor() {
    this.#db.exec("create table sale (id integer primary key, price real)");
  }

  sum(): unknown {
    return this.#db.prepare(SUM).get(); // culprit: sqlite_get
  }

  async restock(rows: number): Promise<void> {
    await pause(1);
    this.#db.exec("begin"); // short: sqlite_inserts
    const insert = this.#db.prepare("insert into sale (price) values (?)"); // short: sqlite_inserts
    for (let i = 0; i < rows; i++) { // culprit: sqlite_inserts
      insert.run(i / 3); // culprit: sqlite_inserts
    }
    this.#db.exec("rollback"); // short: sqlite_inserts
  }
}
const shop = new Shop();

app.get("/sqlite/get", (c) => {
  const sum = shop.sum(); // way: sqlite_get
  return c.json(sum as Record<string, unknown>);
});

app.post("/sqlite/restock", async (c) => {
  await shop.restock(60_000);
  return c.text("restocked");
});

app.get("/sqlite/exec", async (c) => {
  await pause(2);
  const db = new DatabaseSync(":memory:"); // short: sqlite_exec
  db.exec(`create table total as ${SUM}`); // culprit: sqlite_exec
  db.close(); // short: sqlite_exec
  return c.text("done");
});

const numbers = new DatabaseSync(":memory:");
app.get("/sqlite/all", (c) => {
  const rows = numbers.prepare( // culprit: sqlite_all
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000) select i, 'row ' || i as name from n",
  ).all(); // culprit: sqlite_all
  return c.json({ rows: rows.length });
});

type Label = Parameters<typeof block>[1];
const query = (
  label:
    & Pick<Label, "title" | "where" | "request" | "function" | "api">
    & Partial<Label>,
): Label => ({
  kind: "sqlite",
  cause: "cpu",
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "sqlite_get",
    query({
      title: "StatementSync#get in a method",
      where: "helper",
      request: "GET /sqlite/get",
      function: "sum",
      api: "node:sqlite.StatementSync.prototype.get",
    }),
  ),
  block(
    "sqlite_inserts",
    query({
      title: "60,000 times StatementSync#run, after an await",
      where: "helper's continuation",
      request: "POST /sqlite/restock",
      function: "restock",
      api: "node:sqlite.StatementSync.prototype.run",
    }),
  ),
  block(
    "sqlite_exec",
    query({
      title: "DatabaseSync#exec after an await",
      where: "after an await",
      request: "GET /sqlite/exec",
      function: null,
      api: "node:sqlite.DatabaseSync.prototype.exec",
    }),
  ),
  block(
    "sqlite_all",
    query({
      title: "StatementSync#all of 150,000 rows",
      where: "first stretch",
      request: "GET /sqlite/all",
      function: null,
      api: "node:sqlite.StatementSync.prototype.all",
    }),
  ),
];
