/** The same, in the functions, methods and closures that a handler calls. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { checksum, loadRanking, pause, signature } from "./_work.ts";

export const app = new Hono();

app.get("/helpers/plain", (c) => c.json({ sum: checksum(20_000_000) }));

app.get("/helpers/after-await", async (c) => {
  await pause(3);
  return c.json({ sum: checksum(20_000_001) });
});

app.get("/helpers/nested", (c) => c.text(signature(20_000_002)));

app.get(
  "/helpers/continuation",
  async (c) => c.json({ best: await loadRanking(20_000_000) }),
);

class Prices {
  readonly #factor = 31;

  total(n: number): number {
    let total = 0;
    for (let i = 0; i < n; i++) { // culprit: cpu_method
      total = (total * this.#factor + i) % 1_000_003; // culprit: cpu_method
    }
    return total;
  }

  async refresh(n: number): Promise<number> {
    await pause(2);
    return this.#recompute(n);
  }

  #recompute(n: number): number {
    let total = 1;
    for (let i = 0; i < n; i++) { // culprit: cpu_private_method
      total = (total * this.#factor + i) % 1_000_033; // culprit: cpu_private_method
    }
    return total;
  }

  static compare(n: number): number {
    let total = 2;
    for (let i = 0; i < n; i++) { // culprit: cpu_static_method
      total = (total * 59 + i) % 1_000_003; // culprit: cpu_static_method
    }
    return total;
  }
}
const prices = new Prices();

app.get("/helpers/method", (c) => c.json(prices.total(20_000_000)));
app.get(
  "/helpers/private-method",
  async (c) => c.json(await prices.refresh(20_000_000)),
);
app.get("/helpers/static", (c) => c.json(Prices.compare(20_000_000)));

function makeScorer(weight: number): (n: number) => number {
  return function score(n) {
    let total = 0;
    for (let i = 0; i < n; i++) { // culprit: cpu_closure
      total = (total * weight + i) % 1_000_003; // culprit: cpu_closure
    }
    return total;
  };
}
const score = makeScorer(61);
app.get("/helpers/closure", async (c) => {
  await pause(1);
  return c.json(score(20_000_000));
});

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); // culprit: cpu_recursion
}
app.get("/helpers/recursion", (c) => c.json(fibonacci(36)));

function* walk(n: number): Generator<number> {
  let state = 1;
  for (let i = 0; i < n; i++) { // culprit: cpu_generator
    state = (state * 67 + i) % 1_000_003; // culprit: cpu_generator
    if (i % 1_000_000 === 0) yield state; // culprit: cpu_generator
  }
}
app.get("/helpers/generator", (c) => c.json([...walk(16_000_000)].length));

const numbers = Array.from({ length: 1_200_000 }, (_, i) => i);
app.get("/helpers/callback", (c) => {
  const sum = numbers.reduce(function addUp(sum, n) {
    for (let i = 0; i < 8; i++) sum = (sum * 71 + n) % 1_000_003; // culprit: cpu_array_callback
    return sum; // culprit: cpu_array_callback
  }, 0);
  return c.json({ sum });
});

async function* pages(): AsyncGenerator<number> {
  for (let page = 0; page < 2; page++) {
    await pause(1);
    let sum = page;
    for (let i = 0; i < 16_000_000; i++) { // culprit: cpu_async_generator
      sum = (sum * 73 + i) % 1_000_003; // culprit: cpu_async_generator
    }
    yield sum;
  }
}
app.get("/helpers/async-generator", async (c) => {
  const sums: number[] = [];
  for await (const sum of pages()) sums.push(sum);
  return c.json({ sums });
});

async function distance(a: number): Promise<number> {
  let sum = a;
  for (let i = 0; i < 7_000_000; i++) { // culprit: cpu_promise_all
    sum = (sum * 79 + i) % 1_000_003; // culprit: cpu_promise_all
  }
  await pause(1);
  return sum;
}
app.get(
  "/helpers/promise-all",
  async (c) => c.json(await Promise.all([1, 2, 3].map(distance))),
);

const ranks = {
  get best(): number {
    let sum = 11;
    for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_getter
      sum = (sum * 83 + i) % 1_000_003; // culprit: cpu_getter
    }
    return sum;
  },
};
app.get("/helpers/getter", (c) => c.json({ best: ranks.best }));

const admin = new Hono();
admin.get("/reindex", (c) => c.json({ sum: checksum(20_000_003) }));
app.route("/helpers/admin", admin);

type Label = Parameters<typeof block>[1];
/** What the labels of this file have in common. */
const cpu = (
  label: Pick<Label, "title" | "where" | "request" | "function">,
): Label => ({
  kind: "cpu loop",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "cpu_helper",
    cpu({
      title: "a helper in another module",
      where: "helper",
      request: "GET /helpers/plain",
      function: "checksum",
    }),
  ),
  block(
    "cpu_helper_after_await",
    cpu({
      title: "a helper called after an await",
      where: "after an await",
      request: "GET /helpers/after-await",
      function: "checksum",
    }),
  ),
  block(
    "cpu_nested_helpers",
    cpu({
      title: "a helper behind a helper",
      where: "helper",
      request: "GET /helpers/nested",
      function: "checksum",
    }),
  ),
  block(
    "cpu_helper_continuation",
    cpu({
      title: "an asynchronous helper, after its own await",
      where: "helper's continuation",
      request: "GET /helpers/continuation",
      function: "loadRanking",
    }),
  ),
  block(
    "cpu_method",
    cpu({
      title: "a method",
      where: "helper",
      request: "GET /helpers/method",
      function: "total",
    }),
  ),
  block(
    "cpu_private_method",
    cpu({
      title: "a private method called after an await",
      where: "helper's continuation",
      request: "GET /helpers/private-method",
      function: "recompute",
    }),
  ),
  block(
    "cpu_static_method",
    cpu({
      title: "a static method",
      where: "helper",
      request: "GET /helpers/static",
      function: "compare",
    }),
  ),
  block(
    "cpu_closure",
    cpu({
      title: "a closure made by a factory, after an await",
      where: "after an await",
      request: "GET /helpers/closure",
      function: "score",
    }),
  ),
  block(
    "cpu_recursion",
    cpu({
      title: "a recursive function",
      where: "helper",
      request: "GET /helpers/recursion",
      function: "fibonacci",
    }),
  ),
  block(
    "cpu_generator",
    cpu({
      title: "a generator that a handler spreads",
      where: "helper",
      request: "GET /helpers/generator",
      function: "walk",
    }),
  ),
  block(
    "cpu_array_callback",
    cpu({
      title: "the callback of a .reduce()",
      where: "helper",
      request: "GET /helpers/callback",
      function: "addUp",
    }),
  ),
  block(
    "cpu_async_generator",
    cpu({
      title: "an asynchronous generator between two yields",
      where: "helper's continuation",
      request: "GET /helpers/async-generator",
      function: "pages",
    }),
  ),
  block(
    "cpu_promise_all",
    cpu({
      title: "three helpers under Promise.all, one after the other in fact",
      where: "helper",
      request: "GET /helpers/promise-all",
      function: "distance",
    }),
  ),
  block(
    "cpu_getter",
    cpu({
      title: "a getter",
      where: "helper",
      request: "GET /helpers/getter",
      function: "best",
    }),
  ),
  block(
    "cpu_sub_app",
    cpu({
      title: "a route of a mounted app",
      where: "helper",
      request: "GET /helpers/admin/reindex",
      function: "checksum",
    }),
  ),
];
