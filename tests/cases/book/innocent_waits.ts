/** Handlers that take long and hold nothing. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { type Case, innocent } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/waits/long", async (c) => {
  await pause(200);
  return c.text("waited");
});

app.get("/waits/many", async (c) => {
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, i) => pause(i % 50).then(() => i)),
  );
  return c.json(all.length);
});

app.get("/waits/short-tasks", async (c) => {
  let sum = 0;
  const task = (i: number) =>
    new Promise<void>((resolve) => {
      setTimeout(() => {
        for (let k = 0; k < 50; k++) sum = (sum * 31 + k) % 1_000_003;
        resolve();
      }, i % 20);
    });
  for (let batch = 0; batch < 25; batch++) {
    await Promise.all(Array.from({ length: 40 }, (_, i) => task(i)));
  }
  return c.json({ sum });
});

app.get("/waits/slices", async (c) => {
  let sum = 0;
  for (let slice = 0; slice < 100; slice++) {
    for (let i = 0; i < 5_000; i++) sum = (sum * 37 + i) % 1_000_003;
    await pause(0);
  }
  return c.json({ sum });
});

app.get("/waits/stream", () => {
  let chunks = 0;
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await pause(10);
        controller.enqueue(new TextEncoder().encode(`chunk ${chunks}\n`));
        if (++chunks === 15) controller.close();
      },
    }),
  );
});

app.get("/waits/big-fetch", async (c) => {
  const answer = await fetch(new URL("/waits/big-answer", c.req.url));
  let size = 0;
  for await (const chunk of answer.body!) size += chunk.length;
  return c.json({ size });
});
app.get("/waits/big-answer", () => {
  let left = 200;
  const chunk = new Uint8Array(64 * 1024);
  return new Response(
    new ReadableStream({
      pull(controller) {
        controller.enqueue(chunk);
        if (--left === 0) controller.close();
      },
    }),
  );
});

app.get("/waits/small-file", async (c) => {
  const text = await readFile("small.txt", "utf8");
  return c.text(text);
});

app.get("/waits/file-stream", async (c) => {
  let size = 0;
  for await (const chunk of createReadStream("written_before.bin")) {
    size += chunk.length;
  }
  return c.json({ size });
});

let saved = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
function saveSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => saved++, 5);
}
app.post("/waits/debounced", async (c) => {
  for (let change = 0; change < 50; change++) {
    saveSoon();
    await pause(1);
  }
  await pause(10);
  return c.json({ saved });
});

/** A timer that has little to do, often. */
function beat(): Promise<number> {
  return new Promise((resolve) => {
    let beats = 0;
    const interval = setInterval(() => {
      if (++beats < 100) return;
      clearInterval(interval);
      resolve(beats);
    }, 1);
  });
}

app.get("/waits/gone", async (c) => {
  const controller = new AbortController();
  const wait = Promise.race([
    pause(60),
    new Promise((_, reject) =>
      controller.signal.addEventListener(
        "abort",
        () => reject(new Error("The client is gone")),
      )
    ),
  ]);
  setTimeout(() => controller.abort(), 20);
  await wait.catch(() => {});
  return c.text("gone");
});

app.get("/waits/throws", async () => {
  await pause(50);
  throw new Error("Cannot answer: on purpose");
});

app.use("/waits/gate/*", async (_c, next) => {
  await pause(80);
  await next();
});
app.get("/waits/gate/in", (c) => c.text("in"));

export const cases: readonly Case[] = [
  innocent("wait_long", {
    title: "an await of 200 ms",
    why: "waiting gives the loop back",
    request: "GET /waits/long",
  }),
  innocent("wait_many", {
    title: "100 timers under Promise.all",
    why: "each callback is short",
    request: "GET /waits/many",
  }),
  innocent("wait_short_tasks", {
    title: "1,000 short tasks",
    why: "each is a turn of the loop of its own",
    request: "GET /waits/short-tasks",
  }),
  innocent("wait_slices", {
    title: "a long computation cut in slices",
    why: "the loop turns between two slices",
    request: "GET /waits/slices",
  }),
  innocent("wait_stream", {
    title: "a slow stream",
    why: "between two chunks nothing runs",
    request: "GET /waits/stream",
  }),
  innocent("wait_big_fetch", {
    title: "13 MB fetched and streamed",
    why: "it comes in chunks",
    request: "GET /waits/big-fetch",
  }),
  innocent("wait_small_file", {
    title: "a small file read by a promise",
    why: "it is read off the loop",
    request: "GET /waits/small-file",
  }),
  innocent("wait_file_stream", {
    title: "a file of 8 MB read as a stream",
    why: "it comes in chunks",
    request: "GET /waits/file-stream",
  }),
  innocent("wait_debounced", {
    title: "a debounced timer",
    why: "50 timers are set and one runs",
    request: "POST /waits/debounced",
  }),
  innocent("wait_beat", {
    title: "a timer every millisecond",
    why: "its callback is short",
    start: async () => void await beat(),
  }),
  innocent("wait_gone", {
    title: "a race that an abort ends",
    why: "waiting gives the loop back",
    request: "GET /waits/gone",
  }),
  innocent("wait_throws", {
    title: "a handler that waits and throws",
    why: "waiting gives the loop back",
    request: "GET /waits/throws",
  }),
  innocent("wait_middleware", {
    title: "middleware that waits",
    why: "waiting gives the loop back",
    request: "GET /waits/gate/in",
  }),
  innocent("wait_together", {
    title: "20 handlers that wait at the same time",
    why: "none of them computes",
    request: Array.from({ length: 20 }, () => "GET /waits/long"),
  }),
];
