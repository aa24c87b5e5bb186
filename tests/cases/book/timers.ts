/** Timers: set by a handler, or by nobody in particular. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

/** Refreshes a cache a little later, as programs do when they start. */
function scheduleRefresh(): Promise<number> {
  return new Promise((resolve) => {
    setTimeout(function refresh() {
      let sum = 0;
      for (let i = 0; i < 20_000_000; i++) { // culprit: timer_timeout
        sum = (sum * 31 + i) % 1_000_003; // culprit: timer_timeout
      }
      resolve(sum);
    }, 5);
  });
}

function pollTwice(): Promise<number> {
  return new Promise((resolve) => {
    let rounds = 0;
    let sum = 0;
    const interval = setInterval(() => {
      for (let i = 0; i < 16_000_000; i++) { // culprit: timer_interval
        sum = (sum * 37 + i) % 1_000_003; // culprit: timer_interval
      }
      if (++rounds === 2) {
        clearInterval(interval);
        resolve(sum);
      }
    }, 10);
  });
}

function flushSoon(): Promise<number> {
  return new Promise((resolve) => {
    setImmediate(function flush() {
      let sum = 0;
      for (let i = 0; i < 20_000_000; i++) { // culprit: timer_immediate
        sum = (sum * 41 + i) % 1_000_003; // culprit: timer_immediate
      }
      resolve(sum);
    });
  });
}

function cleanUpLater(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(async function cleanUp() {
      await pause(2);
      let sum = 0;
      for (let i = 0; i < 20_000_000; i++) { // culprit: timer_after_await
        sum = (sum * 43 + i) % 1_000_003; // culprit: timer_after_await
      }
      resolve();
      return sum;
    }, 3);
  });
}

app.get("/timers/awaited", async (c) => {
  const sum = await new Promise<number>((resolve) => {
    setTimeout(() => {
      let sum = 0;
      for (let i = 0; i < 20_000_000; i++) { // culprit: timer_awaited
        sum = (sum * 47 + i) % 1_000_003; // culprit: timer_awaited
      }
      resolve(sum);
    }, 2);
  });
  return c.json({ sum });
});

let audited = 0;
app.post("/timers/left-behind", (c) => {
  setTimeout(function audit() {
    for (let i = 0; i < 20_000_000; i++) { // culprit: timer_left_behind
      audited = (audited * 53 + i) % 1_000_003; // culprit: timer_left_behind
    }
  }, 30);
  return c.text("accepted", 202);
});

async function recount(): Promise<void> {
  await pause(20);
  for (let i = 0; i < 20_000_000; i++) { // culprit: floating_promise
    audited = (audited * 59 + i) % 1_000_003; // culprit: floating_promise
  }
}
app.post("/timers/floating", (c) => {
  recount();
  return c.text("accepted", 202);
});

type Label = Parameters<typeof block>[1];
const timer = (
  label: Pick<Label, "title" | "function"> & Partial<Label>,
): Label => ({
  kind: "cpu loop",
  where: "timer",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "timer_timeout",
    timer({
      title: "setTimeout at start-up",
      start: async () => void await scheduleRefresh(),
      function: "refresh",
    }),
  ),
  block(
    "timer_interval",
    timer({
      title: "setInterval",
      start: async () => void await pollTwice(),
      function: null,
    }),
  ),
  block(
    "timer_immediate",
    timer({
      title: "setImmediate",
      start: async () => void await flushSoon(),
      function: "flush",
    }),
  ),
  block(
    "timer_after_await",
    timer({
      title: "an asynchronous timer callback, after its await",
      start: cleanUpLater,
      function: "cleanUp",
    }),
  ),
  block(
    "timer_awaited",
    timer({
      title: "a timer that its handler awaits",
      request: "GET /timers/awaited",
      function: null,
    }),
  ),
  block(
    "timer_left_behind",
    timer({
      title: "a timer that outlives its request",
      request: "POST /timers/left-behind",
      route: [null, "POST /timers/left-behind"],
      function: "audit",
    }),
  ),
  block(
    "floating_promise",
    timer({
      title: "a promise left floating that goes on after the answer",
      request: "POST /timers/floating",
      route: [null, "POST /timers/floating"],
      function: "recount",
    }),
  ),
];
