/** Several handlers in flight: one is the culprit, the others only wait. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { ONE_OF_SEVERAL } from "../misses.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/at-once/victim", async (c) => {
  for (let i = 0; i < 8; i++) await pause(8);
  return c.text("waited");
});

app.get("/at-once/first-stretch", (c) => {
  let sum = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: at_once_first_stretch
    sum = (sum * 31 + i) % 1_000_003; // culprit: at_once_first_stretch
  }
  return c.json({ sum });
});

app.get("/at-once/after-await", async (c) => {
  await pause(15);
  let sum = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: at_once_after_await
    sum = (sum * 37 + i) % 1_000_003; // culprit: at_once_after_await
  }
  return c.json({ sum });
});

async function recommend(user: number): Promise<number> {
  await pause(12);
  let best = user;
  for (let i = 0; i < 20_000_000; i++) { // culprit: at_once_helper
    best = (best * 41 + i) % 1_000_003; // culprit: at_once_helper
  }
  return best;
}
app.get("/at-once/helper", async (c) => c.json(await recommend(4)));

app.get("/at-once/short", (c) => {
  let sum = 0;
  for (let i = 0; i < 3_000_000; i++) { // culprit: at_once_many_short
    sum = (sum * 43 + i) % 1_000_003; // culprit: at_once_many_short
  }
  return c.json({ sum });
});

const victims = Array.from({ length: 3 }, () => "GET /at-once/victim");

type Label = Parameters<typeof block>[1];
const atOnce = (
  label: Pick<Label, "title" | "request" | "function"> & Partial<Label>,
): Label => ({
  kind: "cpu loop",
  where: "handlers at once",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "at_once_first_stretch",
    atOnce({
      title: "a loop while three other requests wait",
      request: ["GET /at-once/first-stretch", ...victims],
      function: null,
    }),
  ),
  block(
    "at_once_after_await",
    atOnce({
      misses: ONE_OF_SEVERAL,
      title: "a loop after an await while three other requests wait",
      request: ["GET /at-once/after-await", ...victims],
      function: null,
    }),
  ),
  block(
    "at_once_helper",
    atOnce({
      misses: ONE_OF_SEVERAL,
      title: "a helper's continuation while three other requests wait",
      request: ["GET /at-once/helper", ...victims],
      function: "recommend",
    }),
  ),
  block(
    "at_once_many_short",
    atOnce({
      title: "ten requests of 20 ms each, not one of 200",
      request: Array.from({ length: 10 }, () => "GET /at-once/short"),
      function: null,
      blockMs: 20,
    }),
  ),
];
