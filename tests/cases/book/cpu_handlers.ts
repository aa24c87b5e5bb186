/** Handlers that compute, in their first stretch or after an await. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/cpu/first-stretch", (c) => {
  let sum = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_first_stretch
    sum = (sum * 31 + i) % 1_000_003; // culprit: cpu_first_stretch
  }
  return c.json({ sum });
});

app.get("/cpu/after-await", async (c) => {
  await pause(5);
  let sum = 7;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_after_await
    sum = (sum * 33 + i) % 1_000_033; // culprit: cpu_after_await
  }
  return c.json({ sum });
});

app.get("/cpu/after-many-awaits", async function handleMany(c) {
  for (let page = 0; page < 5; page++) await pause(1);
  const seen = new Set<number>();
  for (let i = 0; i < 3_000_000; i++) { // culprit: cpu_after_many_awaits
    seen.add((i * 7919) % 4096); // culprit: cpu_after_many_awaits
  }
  return c.json({ distinct: seen.size });
});

app.get("/cpu/genes/:symbol", (c) => {
  const symbol = c.req.param("symbol");
  let hash = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_route_with_parameter
    hash = (hash * 29 + symbol.length + i) % 1_000_007; // culprit: cpu_route_with_parameter
  }
  return c.json({ symbol, hash });
});

app.get("/cpu/throws", () => {
  let sum = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_throws
    sum = (sum * 37 + i) % 1_000_003; // culprit: cpu_throws
  }
  throw new Error(`Cannot rank: sum is ${sum}`);
});

app.get("/cpu/throws-after-await", async () => {
  await pause(2);
  let sum = 1;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_throws_after_await
    sum = (sum * 41 + i) % 1_000_003; // culprit: cpu_throws_after_await
  }
  throw new Error(`Cannot rank: sum is ${sum}`);
});

async function warmUp(): Promise<void> {
  await pause(1);
  let sum = 3;
  for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_swallowed
    sum = (sum * 43 + i) % 1_000_003; // culprit: cpu_swallowed
  }
  throw new Error(`Cannot warm up: sum is ${sum}`);
}

app.get("/cpu/swallowed", async (c) => {
  await warmUp().catch(() => {});
  return c.text("warm");
});

app.get("/cpu/then", (c) =>
  pause(2).then(function compute() {
    let sum = 5;
    for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_then_callback
      sum = (sum * 47 + i) % 1_000_003; // culprit: cpu_then_callback
    }
    return c.json({ sum });
  }));

app.get("/cpu/finally", async (c) => {
  let sum = 9;
  try {
    await pause(2);
    return c.text("done");
  } finally {
    for (let i = 0; i < 20_000_000; i++) { // culprit: cpu_finally
      sum = (sum * 53 + i) % 1_000_003; // culprit: cpu_finally
    }
    c.header("x-sum", String(sum));
  }
});

app.post("/cpu/upload", async (c) => {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  let sum = 0;
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < bytes.length; i++) { // culprit: cpu_after_body
      sum = (sum * 31 + bytes[i]! + round) % 1_000_003; // culprit: cpu_after_body
    }
  }
  return c.json({ sum });
});

export const cases: readonly Case[] = [
  block("cpu_first_stretch", {
    title: "a loop in a handler",
    kind: "cpu loop",
    where: "first stretch",
    request: "GET /cpu/first-stretch",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_after_await", {
    title: "a loop after an await",
    kind: "cpu loop",
    where: "after an await",
    request: "GET /cpu/after-await",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_after_many_awaits", {
    title: "a loop after five awaits, in a handler that has a name",
    kind: "cpu loop",
    where: "after an await",
    request: "GET /cpu/after-many-awaits",
    function: "handleMany",
    cause: "cpu",
    api: null,
    blockMs: 130,
  }),
  block("cpu_route_with_parameter", {
    title: "a loop behind a route with a parameter",
    kind: "cpu loop",
    where: "first stretch",
    request: "GET /cpu/genes/BRCA2",
    route: "GET /cpu/genes/:symbol",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_throws", {
    title: "a handler that throws after its loop",
    kind: "cpu loop",
    where: "before a throw",
    request: "GET /cpu/throws",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_throws_after_await", {
    title: "a handler that awaits, computes and throws",
    kind: "cpu loop",
    where: "before a throw",
    request: "GET /cpu/throws-after-await",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_swallowed", {
    title: "a helper whose error is swallowed",
    kind: "cpu loop",
    where: "helper's continuation",
    request: "GET /cpu/swallowed",
    function: "warmUp",
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_then_callback", {
    title: "the callback of a .then()",
    kind: "cpu loop",
    where: "after an await",
    request: "GET /cpu/then",
    function: "compute",
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_finally", {
    title: "a finally after an await",
    kind: "cpu loop",
    where: "after an await",
    request: "GET /cpu/finally",
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
  block("cpu_after_body", {
    title: "a loop over an uploaded body",
    kind: "cpu loop",
    where: "after an await",
    request: "POST /cpu/upload",
    body: () => new Uint8Array(1_000_000),
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
];
