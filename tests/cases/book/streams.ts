/** Callbacks of streams. */
import { Hono } from "hono";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();
const text = (value: unknown) => new TextEncoder().encode(`${value}\n`);

app.get("/streams/pull", () => {
  let chunks = 0;
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await pause(2);
        let sum = 0;
        for (let i = 0; i < 16_000_000; i++) { // culprit: stream_pull
          sum = (sum * 31 + i) % 1_000_003; // culprit: stream_pull
        }
        controller.enqueue(text(sum));
        if (++chunks === 2) controller.close();
      },
    }),
  );
});

app.post("/streams/transform", async (c) => {
  let rows = 0;
  const parse = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let i = 0; i < 20_000_000; i++) { // culprit: stream_transform
        rows = (rows * 37 + chunk.length + i) % 1_000_003; // culprit: stream_transform
      }
      controller.enqueue(chunk);
    },
  });
  const body = c.req.raw.body ?? new ReadableStream();
  for await (const _ of body.pipeThrough(parse)); // drained
  return c.json({ rows });
});

app.get("/streams/node", async (c) => {
  let sum = 0;
  await pipeline(
    Readable.from(["a", "b"]),
    new Transform({
      objectMode: true,
      transform(chunk, _encoding, done) {
        for (let i = 0; i < 16_000_000; i++) { // culprit: stream_node_transform
          sum = (sum * 41 + chunk.length + i) % 1_000_003; // culprit: stream_node_transform
        }
        done(null, chunk);
      },
    }),
    async (source: AsyncIterable<string>) => {
      for await (const _ of source); // drained
    },
  );
  return c.json({ sum });
});

async function* lines(): AsyncGenerator<string> {
  for (let line = 0; line < 3; line++) {
    await pause(1);
    yield `line ${line}`;
  }
}
app.get("/streams/consumer", async (c) => {
  let sum = 0;
  for await (const line of lines()) {
    for (let i = 0; i < 12_000_000; i++) { // culprit: stream_consumer
      sum = (sum * 43 + line.length + i) % 1_000_003; // culprit: stream_consumer
    }
  }
  return c.json({ sum });
});

/** Nothing waits for this one: a sink that the program writes to by itself. */
async function writeAudit(): Promise<number> {
  let sum = 0;
  const sink = new WritableStream<number>({
    write(value) {
      for (let i = 0; i < 20_000_000; i++) { // culprit: stream_write
        sum = (sum * 47 + value + i) % 1_000_003; // culprit: stream_write
      }
    },
  });
  await pause(3);
  const writer = sink.getWriter();
  await writer.write(5);
  await writer.close();
  return sum;
}

type Label = Parameters<typeof block>[1];
const stream = (
  label: Pick<Label, "title" | "function"> & Partial<Label>,
): Label => ({
  kind: "cpu loop",
  where: "stream callback",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "stream_pull",
    stream({
      title: "pull() of a streamed answer",
      request: "GET /streams/pull",
      function: "pull",
    }),
  ),
  block(
    "stream_transform",
    stream({
      title: "transform() of a body that is read",
      request: "POST /streams/transform",
      body: () => "1,2,3\n",
      function: "transform",
    }),
  ),
  block(
    "stream_node_transform",
    stream({
      title: "transform() of a node:stream pipeline",
      request: "GET /streams/node",
      function: "transform",
    }),
  ),
  block(
    "stream_consumer",
    stream({
      title: "the body of a for await",
      request: "GET /streams/consumer",
      function: null,
    }),
  ),
  block(
    "stream_write",
    stream({
      title: "write() of a sink outside any request",
      start: async () => void await writeAudit(),
      function: "write",
    }),
  ),
];
