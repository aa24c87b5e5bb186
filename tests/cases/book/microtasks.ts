/** Many small steps that never give the loop back. */
import process from "node:process";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { IN_CALLBACK } from "../misses.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

async function drain(n: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < n; i++) { // culprit: microtask_awaits
    sum += await i; // culprit: microtask_awaits
  }
  return sum;
}
app.get("/microtasks/awaits", async (c) => c.json(await drain(1_000_000)));

async function step(i: number): Promise<number> {
  let sum = i;
  for (let k = 0; k < 200; k++) sum = (sum * 31 + k) % 1_000_003; // culprit: microtask_helpers
  await null;
  return sum;
}
app.get("/microtasks/helpers", async (c) => {
  await pause(1);
  let sum = 0;
  for (let i = 0; i < 80_000; i++) sum += await step(i);
  return c.json({ sum });
});

app.get("/microtasks/queue", (c) => {
  let left = 150_000;
  return new Promise<Response>((resolve) => {
    let sum = 0;
    function next() {
      for (let k = 0; k < 100; k++) sum = (sum * 37 + k) % 1_000_003; // culprit: microtask_queue
      if (--left > 0) queueMicrotask(next); // culprit: microtask_queue
      else resolve(c.json({ sum }));
    }
    next();
  });
});

app.get("/microtasks/next-tick", (c) => {
  let left = 100_000;
  return new Promise<Response>((resolve) => {
    let sum = 0;
    function tick() {
      for (let k = 0; k < 150; k++) sum = (sum * 41 + k) % 1_000_003; // culprit: next_tick_chain
      if (--left > 0) process.nextTick(tick); // culprit: next_tick_chain
      else resolve(c.json({ sum }));
    }
    tick();
  });
});

export const cases: readonly Case[] = [
  block("microtask_awaits", {
    title: "1,000,000 awaits of what is already there",
    kind: "cpu loop",
    where: "microtasks",
    request: "GET /microtasks/awaits",
    function: "drain",
    cause: "cpu",
    api: null,
    blockMs: 200,
  }),
  block("microtask_helpers", {
    title: "80,000 short helpers, each awaiting null",
    kind: "cpu loop",
    where: "microtasks",
    request: "GET /microtasks/helpers",
    function: "step",
    cause: "cpu",
    api: null,
    blockMs: 150,
  }),
  block("microtask_queue", {
    misses: IN_CALLBACK,
    title: "queueMicrotask that calls itself",
    kind: "cpu loop",
    where: "microtasks",
    request: "GET /microtasks/queue",
    function: "next",
    cause: "cpu",
    api: null,
    blockMs: 150,
  }),
  block("next_tick_chain", {
    title: "process.nextTick that calls itself",
    kind: "cpu loop",
    where: "microtasks",
    request: "GET /microtasks/next-tick",
    function: "tick",
    cause: "cpu",
    api: null,
    blockMs: 150,
  }),
];
