import {
  createThreadPool,
  PoolFullError,
  type ThreadPool,
  threadsAlive,
} from "@loophound/toolkit/offload";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ProblemError } from "../errors.ts";
import { spoolBody, type SpoolOptions } from "./mod.ts";

interface Fixture extends AsyncDisposable {
  pool: ThreadPool;
  dir: string;
  spool(
    body: ReadableStream<Uint8Array>,
    options?: Partial<SpoolOptions>,
  ): ReturnType<typeof spoolBody>;
  files(): Promise<string[]>;
}

async function open(): Promise<Fixture> {
  const dir = await Deno.makeTempDir({ prefix: "loophound-spool-" });
  const pool = await createThreadPool({ classes: { spool: { threads: 1 } } });
  return {
    pool,
    dir,
    spool: (body, options) =>
      spoolBody(body, { pool, dir, maxBytes: 16 * 2 ** 20, ...options }),
    files: async () =>
      (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await pool.close();
      await Deno.remove(dir, { recursive: true });
      assert.equal(threadsAlive(), 0);
    },
  };
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 31 + (at >> 8);
  return bytes;
}

function streamOf(
  bytes: Uint8Array,
  chunkBytes: number,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += chunkBytes));
    },
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isProblem(problem: string) {
  return (error: unknown) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.problem, problem);
    return true;
  };
}

Deno.test("spoolBody() keeps every byte, whatever the chunks", async () => {
  await using fixture = await open();
  for (
    const [length, chunkBytes] of [
      [1, 1],
      [2 ** 20, 2 ** 20],
      [3 * 2 ** 20 + 17, 65_536],
      [5_000_000, 3_000_000],
      [10_007, 13],
    ] as const
  ) {
    const bytes = bytesOf(length);
    const spooled = await fixture.spool(streamOf(bytes, chunkBytes));
    assert.equal(spooled.bytes, length);
    assert.equal(spooled.sha256, sha256(bytes));
    const written = await Deno.readFile(spooled.path);
    assert.equal(sha256(written), sha256(bytes));
    const { mode } = await Deno.stat(spooled.path);
    if (mode !== null) assert.equal(mode & 0o777, 0o600);
  }
  assert.equal((await fixture.files()).length, 5);
});

Deno.test("spoolBody() takes a body at the limit and refuses one byte more", async () => {
  await using fixture = await open();
  const maxBytes = 2_500_000;
  const whole = await fixture.spool(streamOf(bytesOf(maxBytes), 100_000), {
    maxBytes,
  });
  assert.equal(whole.bytes, maxBytes);
  let cancelled = false;
  // Never ends: it must be refused, and told so.
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel() {
      cancelled = true;
    },
  });
  await assert.rejects(fixture.spool(endless, { maxBytes }), (error) => {
    assert.match(String(error), /2500000 bytes/);
    return isProblem("body-too-large")(error);
  });
  assert.ok(cancelled);
  assert.equal((await fixture.files()).length, 1);
});

Deno.test("spoolBody() refuses a declared length over the limit before reading", async () => {
  await using fixture = await open();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1));
    },
  }, { highWaterMark: 0 });
  await assert.rejects(
    fixture.spool(body, { maxBytes: 10, declaredBytes: 11 }),
    isProblem("body-too-large"),
  );
  assert.equal(pulled, 0);
});

Deno.test("spoolBody() does not believe a declared length", async () => {
  await using fixture = await open();
  const bytes = bytesOf(100);
  const spooled = await fixture.spool(streamOf(bytes, 10), {
    declaredBytes: 7,
  });
  assert.equal(spooled.bytes, 100);
  await assert.rejects(
    fixture.spool(streamOf(bytes, 10), { declaredBytes: 7, maxBytes: 50 }),
    isProblem("body-too-large"),
  );
});

Deno.test("spoolBody() refuses an empty body", async () => {
  await using fixture = await open();
  await assert.rejects(
    fixture.spool(streamOf(new Uint8Array(), 1)),
    isProblem("invalid-body"),
  );
  assert.deepEqual(await fixture.files(), []);
});

Deno.test("spoolBody() leaves no file of a body that breaks off", async () => {
  await using fixture = await open();
  for (const before of [0, 1, 3_000_000]) {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= before) throw new Error("connection reset");
        sent += 100_000;
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    await assert.rejects(fixture.spool(body), (error) => {
      assert.match(String(error), /connection reset/);
      return isProblem("bad-request")(error);
    });
    assert.deepEqual(await fixture.files(), []);
  }
});

Deno.test("spoolBody() leaves no file when it is aborted, and says why", async () => {
  await using fixture = await open();
  const gone = new Error("client gone");
  // In mid-body, waiting for more.
  const controller = new AbortController();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      if (sent++ < 30) stream.enqueue(new Uint8Array(100_000));
      else controller.abort(gone);
    },
  });
  await assert.rejects(
    fixture.spool(body, { signal: controller.signal }),
    gone,
  );
  // Before it began.
  await assert.rejects(
    fixture.spool(streamOf(bytesOf(10), 1), {
      signal: AbortSignal.abort(gone),
    }),
    gone,
  );
  assert.deepEqual(await fixture.files(), []);
});

Deno.test("spoolBody() gives up a body that stops coming", async () => {
  await using fixture = await open();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(2 ** 21)),
  });
  await assert.rejects(
    fixture.spool(body, { idleMs: 50 }),
    isProblem("bad-request"),
  );
  assert.deepEqual(await fixture.files(), []);
});

Deno.test("spoolBody() holds no thread while slow clients send", async () => {
  await using fixture = await open();
  const gate = Promise.withResolvers<void>();
  const slowBody = () => {
    let sent = false;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (sent) {
          await gate.promise;
          controller.close();
        } else {
          sent = true;
          controller.enqueue(new Uint8Array(2 ** 21));
        }
      },
    });
  };
  const slow = [slowBody(), slowBody(), slowBody()].map((body) =>
    fixture.spool(body)
  );
  // The pool has one thread; were it held, this would wait for the gate.
  const quick = await fixture.spool(streamOf(bytesOf(3_000_000), 65_536));
  assert.equal(quick.bytes, 3_000_000);
  gate.resolve();
  for (const { bytes } of await Promise.all(slow)) assert.equal(bytes, 2 ** 21);
});

Deno.test("spoolBody() passes on that the pool is full, and leaves no file", async () => {
  await using fixture = await open();
  await using pool = await createThreadPool({
    classes: { spool: { threads: 1, queue: 0 } },
  });
  const bodies = Array.from(
    { length: 6 },
    () => fixture.spool(streamOf(bytesOf(4_000_000), 65_536), { pool }),
  );
  const results = await Promise.allSettled(bodies);
  const refused = results.filter(({ status }) => status === "rejected");
  assert.ok(refused.length > 0);
  for (const result of refused) {
    assert.ok("reason" in result && result.reason instanceof PoolFullError);
  }
  await delay(0);
  assert.equal(
    (await fixture.files()).length,
    results.length - refused.length,
  );
});
