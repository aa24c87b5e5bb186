import assert from "node:assert/strict";
import fc from "fast-check";
import { receiveStream, sendStream } from "./byte_channel.ts";

function connect(
  stream: ReadableStream<Uint8Array>,
  options: { windowBytes?: number; windowChunks?: number } = {},
) {
  const { port1, port2 } = new MessageChannel();
  const sender = sendStream(stream, port1, options);
  const receiver = receiveStream(port2, options);
  return { sender, receiver, done: Promise.all([sender.done, receiver.done]) };
}

Deno.test("sendStream() and receiveStream() keep all bytes, whatever the chunks and windows", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 8 }),
      async (chunks, windowBytes, windowChunks) => {
        const expected = chunks.flatMap((chunk) => [...chunk]);
        const source = ReadableStream.from(
          chunks.map((chunk) => new Uint8Array(chunk)),
        );
        const { receiver, done } = connect(source, {
          windowBytes,
          windowChunks,
        });
        const bytes = await new Response(receiver.stream).bytes();
        assert.deepEqual([...bytes], expected);
        await done;
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("sendStream() copies a chunk that is part of a larger buffer", async () => {
  const whole = Uint8Array.of(1, 2, 3, 4);
  const { receiver, done } = connect(
    ReadableStream.from([whole.subarray(1, 3)]),
  );
  assert.deepEqual([...await new Response(receiver.stream).bytes()], [2, 3]);
  await done;
  assert.equal(whole.byteLength, 4);
});

Deno.test("sendStream() refuses a chunk whose buffer was already moved", async () => {
  const chunk = Uint8Array.of(1, 2);
  const { receiver, done } = connect(ReadableStream.from([chunk, chunk]));
  await assert.rejects(
    new Response(receiver.stream).bytes(),
    /buffer was already moved/,
  );
  await done;
});

Deno.test("sendStream() refuses what is no bytes, and cancels the source", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const source = new ReadableStream({
    pull: (controller) => controller.enqueue("text"),
    cancel: cancelled.resolve,
  });
  const { receiver, done } = connect(source);
  await assert.rejects(
    new Response(receiver.stream).bytes(),
    /not a Uint8Array/,
  );
  await cancelled.promise;
  await done;
});

Deno.test("receiveStream() cancels the source when its reader cancels while it waits", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const source = new ReadableStream<Uint8Array>({
    pull: () => new Promise(() => {}),
    cancel: cancelled.resolve,
  });
  const { receiver, done } = connect(source);
  const reader = receiver.stream.getReader();
  const read = reader.read();
  await reader.cancel(new Error("enough"));
  assert.equal((await read).done, true);
  assert.equal((await cancelled.promise as Error).message, "enough");
  await done;
});

Deno.test("receiveStream() lets what has wholly arrived be read after fail()", async () => {
  const { receiver, done } = connect(ReadableStream.from([Uint8Array.of(9)]));
  await done;
  receiver.fail(new Error("too late"));
  assert.deepEqual([...await new Response(receiver.stream).bytes()], [9]);
});

Deno.test("sendStream() gathers small chunks, but holds none back from a reader that waits", async () => {
  const small = 500;
  let made = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      // Then it is silent, without an end.
      if (made === small) return new Promise(() => {});
      controller.enqueue(Uint8Array.of(made++ % 256));
    },
  });
  const { receiver, done } = connect(source);
  const reader = receiver.stream.getReader();
  const bytes: number[] = [];
  let reads = 0;
  while (bytes.length < small) {
    const { value } = await reader.read();
    bytes.push(...value ?? []);
    reads++;
  }
  assert.deepEqual(bytes, Array.from({ length: small }, (_, i) => i % 256));
  assert.ok(reads < small / 2, `${reads} reads`);
  await reader.cancel();
  await done;
});

Deno.test("sendStream() lets the loop turn while a source never pauses", async () => {
  let made = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(Uint8Array.of(made++ % 256));
    },
  });
  const { receiver, done } = connect(source);
  // One byte a chunk: a window of 1 MiB is far away.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await receiver.stream.cancel();
  await done;
  assert.ok(made < 500_000, `${made} chunks were read`);
});
