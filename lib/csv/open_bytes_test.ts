import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bytesOf, chunked, collect, joined } from "./_test_chunks.ts";
import { FormatError } from "./format_error.ts";
import { openBytes, type OpenBytesOptions } from "./open_bytes.ts";

const TEXT = "PKD1,3.5\nPKD2,é\n".repeat(5000);

function gzip(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytesOf(text)));
}

function concat(...parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function read(
  content: string | Uint8Array,
  options: OpenBytesOptions & { sizes?: number[] } = {},
): Promise<string> {
  const { sizes, ...rest } = options;
  const chunks = openBytes(chunked(content, sizes), rest);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    await joined(chunks),
  );
}

/** A file that is removed again. */
async function temporaryFile(content: Uint8Array) {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, content);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("openBytes() reads text and gzip of one or several members", async () => {
  for (const sizes of [[Infinity], [1000, 1, 2], [1]]) {
    assert.ok(await read(TEXT, { sizes }) === TEXT);
    assert.ok(await read(gzip(TEXT), { sizes }) === TEXT);
  }
  const several = concat(gzip("a,1\n"), gzip("b,2\n"), gzip("c,3\n"));
  assert.equal(await read(several, { sizes: [7] }), "a,1\nb,2\nc,3\n");
  assert.equal(await read(""), "");
  assert.equal(await read(gzip("")), "");
});

Deno.test("openBytes() takes a byte order mark away, once", async () => {
  for (const sizes of [[Infinity], [1], [2]]) {
    assert.equal(await read("\ufeffa,1\n", { sizes }), "a,1\n");
    assert.equal(await read(gzip("\ufeffa,1\n"), { sizes }), "a,1\n");
    assert.equal(await read("\ufeff\ufeffa\n", { sizes }), "\ufeffa\n");
    assert.equal(await read("\ufeff", { sizes }), "");
  }
});

Deno.test("openBytes() refuses what is no UTF-8 text, and says what it is", async () => {
  for (
    const [start, message] of [
      [[0xff, 0xfe, 97, 0], /it is UTF-16; save it as UTF-8/],
      [[0xfe, 0xff, 0, 97], /it is UTF-16/],
      [[0x50, 0x4b, 3, 4, 20], /ZIP archive \(an Excel workbook is one too\)/],
      [[0x28, 0xb5, 0x2f, 0xfd], /Zstandard/],
      [[0x42, 0x5a, 0x68, 0x39], /bzip2/],
      [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], /xz/],
    ] as const
  ) {
    const bytes = new Uint8Array(start);
    await assert.rejects(read(bytes, { sizes: [1] }), message);
    await assert.rejects(read(gzip(bytes)), message);
  }
  await assert.rejects(read(gzip(gzip("a"))), /gzip inside gzip/);
});

Deno.test("openBytes() refuses a truncated gzip wherever it is cut", async () => {
  const whole = gzip("PKD1,3.5\n".repeat(100));
  for (let length = 2; length < whole.length; length++) {
    await assert.rejects(
      read(whole.subarray(0, length), { sizes: [10] }),
      (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, /the file is truncated/);
        assert.ok(error.message.includes(`after ${length} bytes`));
        return true;
      },
    );
  }
  const second = concat(gzip("a"), gzip("b").subarray(0, 12));
  await assert.rejects(read(second), /truncated/);
});

Deno.test("openBytes() refuses a damaged gzip and says how far it got", async () => {
  const whole = gzip(TEXT);
  const badData = whole.slice();
  badData[40]! ^= 0xff;
  const badSum = whole.slice();
  badSum[badSum.length - 6]! ^= 1;
  const trailing = concat(whole, bytesOf("hello, this is no gzip"));
  for (const bytes of [badData, badSum, trailing]) {
    await assert.rejects(read(bytes, { sizes: [100] }), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(
        error.message,
        /^Cannot decompress the gzip: damaged between byte \d+ and byte \d+ \(\d+ bytes had been decompressed\): /,
      );
      return true;
    });
  }
});

Deno.test("openBytes() refuses a gzip that grows over the limit", async () => {
  const bomb = gzip(new Uint8Array(50_000_000));
  let given = 0;
  await assert.rejects(async () => {
    const options = { maxExpandedBytes: 1_000_000 };
    for await (const chunk of openBytes(chunked(bomb), options)) {
      given += chunk.length;
    }
  }, /grow over the limit of 1000000 bytes/);
  assert.ok(given <= 1_000_000);
  assert.equal((await read(gzip("abc"), { maxExpandedBytes: 3 })).length, 3);
});

Deno.test("openBytes() tells the bytes read of a file on disk", async () => {
  const content = gzip(crypto.getRandomValues(new Uint8Array(60_000)));
  await using file = await temporaryFile(
    concat(content, content, content, content),
  );
  const seen: number[] = [];
  const chunks = await collect(
    openBytes(file.path, { onRead: (bytes) => seen.push(bytes) }),
  );
  assert.equal(chunks.reduce((sum, { length }) => sum + length, 0), 240_000);
  assert.ok(seen.length > 1);
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
  assert.equal(seen.at(-1), content.length * 4);
});

// What is left open, the resource sanitizer would report.
Deno.test("openBytes() closes the file when the reader stops early", async () => {
  for (const content of [bytesOf(TEXT), gzip(TEXT)]) {
    await using file = await temporaryFile(content);
    for await (const chunk of openBytes(file.path)) {
      assert.ok(chunk.length > 0);
      break;
    }
    await assert.rejects(async () => {
      for await (const _ of openBytes(file.path)) throw new Error("reader");
    }, /reader/);
  }
  await assert.rejects(
    collect(openBytes("/nonexistent/file")),
    Deno.errors.NotFound,
  );
});

Deno.test("openBytes() ends a stalled stream when aborted, and cancels it", async () => {
  for (const start of [bytesOf("a,1\nb,2\n"), gzip(TEXT).subarray(0, 50)]) {
    let cancelled: unknown;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(start),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const reason = new Error("enough");
    const controller = new AbortController();
    queueMicrotask(() => setTimeout(() => controller.abort(reason), 5));
    await assert.rejects(
      collect(openBytes(stream, { signal: controller.signal })),
      reason,
    );
    assert.equal(cancelled, reason);
  }
});

Deno.test("openBytes() cancels a stalled stream when the reader stops early", async () => {
  let cancelled = false;
  const start = gzip(TEXT).subarray(0, 300);
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(start),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const _ of openBytes(stream)) break;
  assert.ok(cancelled);
});

Deno.test("openBytes() ends a stalled iterable when aborted", async () => {
  let closed = false;
  const iterable: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => {
        closed = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const signal = AbortSignal.abort(new Error("gone"));
  await assert.rejects(collect(openBytes(iterable, { signal })), /gone/);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("later")), 5);
  await assert.rejects(
    collect(openBytes(iterable, { signal: controller.signal })),
    /later/,
  );
  assert.ok(closed);
});

Deno.test("openBytes() passes on what the source throws", async () => {
  async function* failing() {
    yield gzip(TEXT).subarray(0, 100);
    await Promise.resolve();
    throw new Error("disk on fire");
  }
  await assert.rejects(collect(openBytes(failing())), /disk on fire/);
});
