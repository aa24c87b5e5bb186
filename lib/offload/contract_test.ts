// One suite for all backends: what a backend lacks is asserted as lacking.
import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";
import * as tasks from "./_contract_tasks.ts";
import {
  createThreadPool,
  PoolClosedError,
  PoolFullError,
  TaskDeadlineError,
  ThreadEndedError,
  type ThreadKind,
  type ThreadPool,
  type ThreadPoolOptions,
  threadsAlive,
} from "./mod.ts";

const encoder = new TextEncoder();

async function withPool(
  kind: ThreadKind,
  run: (pool: ThreadPool) => Promise<void>,
  options: Partial<ThreadPoolOptions> = {},
): Promise<void> {
  {
    await using pool = await createThreadPool({
      kind,
      classes: { short: { threads: 1 } },
      ...options,
    });
    await run(pool);
  }
  assert.equal(threadsAlive(), 0, "a thread outlives its pool");
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i === 2_000) throw new Error("The condition never came true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function statsOf(pool: ThreadPool, name = "short") {
  const stats = pool.stats().find((row) => row.name === name);
  assert.ok(stats);
  return stats;
}

function streamOf(
  texts: string[],
  onCancel?: (reason: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const waiting = [...texts];
  return new ReadableStream({
    pull(controller) {
      const text = waiting.shift();
      if (text === undefined) controller.close();
      else controller.enqueue(encoder.encode(text));
    },
    cancel: (reason) => onCancel?.(reason),
  });
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error("The promise was not rejected");
}

for (const kind of ["node", "web", "inline"] as const) {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`ThreadPool (${kind}) ${name}`, run);

  test("answers results", () =>
    withPool(kind, async (pool) => {
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
      assert.equal(pool.capabilities.kind, kind);
      assert.equal(statsOf(pool).concurrent, 0);
      assert.equal(statsOf(pool).completed, 1);
    }));

  test("reuses its thread", () =>
    withPool(kind, async (pool) => {
      const first = await pool.run(tasks.whoAmI, null);
      assert.equal(await pool.run(tasks.whoAmI, null), first);
      assert.equal(statsOf(pool).threads, 1);
    }));

  test("lets errors cross with what they carry", () =>
    withPool(kind, async (pool) => {
      const error = await rejection(pool.run(tasks.fail, { line: 12 }));
      assert.equal(error.name, "LineError");
      assert.equal(error.message, "bad quote");
      assert.equal((error as Error & { line: number }).line, 12);
      assert.match(error.stack ?? "", /_contract_tasks\.ts/);
      assert.ok(error.cause instanceof TypeError);
      assert.equal(error.cause.message, "inner");
      const plain = await rejection(pool.run(tasks.throwPlain, null));
      assert.equal(plain.message, "[object Object]");
      const clone = await rejection(pool.run(tasks.answerFunction, null));
      assert.equal(clone.name, "DataCloneError");
      const cyclic = await rejection(
        pool.run(tasks.add, { a: 1, b: (() => 1) as unknown as number }),
      );
      assert.equal(cyclic.name, "DataCloneError");
      const unknown = await rejection(pool.run(tasks.neverDefined, null));
      assert.match(unknown.message, /Cannot find task "neverDefined"/);
      // None of it cost the thread.
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
      assert.equal(statsOf(pool).failed, 5);
    }));

  test("moves bytes", () =>
    withPool(kind, async (pool) => {
      const bytes = Uint8Array.of(1, 2, 3);
      const answer = pool.run(tasks.invert, { data: { bytes } });
      assert.equal(bytes.byteLength, 0, "the caller's bytes are gone at once");
      assert.deepEqual(
        [...(await answer).data.bytes],
        [254, 253, 252],
      );
      const part = Uint8Array.of(1, 2, 3).subarray(1);
      const partAnswer = await pool.run(tasks.invert, {
        data: { bytes: part },
      });
      assert.deepEqual([...partAnswer.data.bytes], [253, 252]);
      assert.equal(part.byteLength, 2, "a part of a buffer is copied");
    }));

  test("moves ports", () =>
    withPool(kind, async (pool) => {
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) =>
        port1.onmessage = ({ data }) => resolve(data)
      );
      const done = pool.run(tasks.answerThroughPort, { port: port2 });
      port1.postMessage("why");
      assert.deepEqual(await answer, { question: "why" });
      await done;
      port1.close();
    }));

  test("streams in", () =>
    withPool(kind, async (pool) => {
      const texts = Array.from({ length: 500 }, (_, i) => `line ${i}\n`);
      assert.equal(
        await pool.run(tasks.countBytes, { body: streamOf(texts) }),
        texts.join("").length,
      );
      const broken = new ReadableStream<Uint8Array>({
        pull: () => {
          throw new RangeError("the disk is gone");
        },
      });
      const error = await rejection(
        pool.run(tasks.countBytes, { body: broken }),
      );
      assert.equal(error.name, "RangeError");
      assert.equal(error.message, "the disk is gone");
    }));

  test("streams in and out", () =>
    withPool(kind, async (pool) => {
      const texts = Array.from({ length: 200 }, (_, i) => `line ${i}\n`);
      const output = await pool.run(tasks.upperCase, streamOf(texts));
      assert.equal(
        await new Response(output).text(),
        texts.join("").toUpperCase(),
      );
      await until(() => statsOf(pool).concurrent === 0);
      assert.equal(statsOf(pool).completed, 1);
    }));

  test("cancels an input that the task leaves unread", () =>
    withPool(kind, async (pool) => {
      const cancelled = Promise.withResolvers<unknown>();
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1000)),
        cancel: cancelled.resolve,
      });
      assert.equal(await pool.run(tasks.ignoreStream, endless), "done");
      await cancelled.promise;
    }));

  test("stops producing for a reader that does not read", () =>
    withPool(kind, async (pool) => {
      let made = 0;
      const size = 64 * 1024;
      const { body } = await pool.run(tasks.produce, { size }, {
        onProgress: (update) =>
          made = (update as { made?: number }).made ?? made,
      });
      const reader = body.getReader();
      let read = 0;
      for (; read < 40; read++) await reader.read();
      // Everything that is going to be made without a read has been made when
      // the figure no longer moves.
      let before = -1;
      while (before !== made) {
        before = made;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(made >= read, `${made} made`);
      // 1 MiB is 16 chunks of 64 KiB; credit returns in halves.
      assert.ok(made - read <= 17, `${made - read} chunks are on the way`);
      await reader.cancel();
    }));

  test("frees the thread when its output is cancelled", () =>
    withPool(kind, async (pool) => {
      const updates: unknown[] = [];
      const { body } = await pool.run(tasks.produce, { size: 10 }, {
        onProgress: (update) => updates.push(update),
      });
      assert.equal(statsOf(pool).concurrent, 1);
      const thread = pool.run(tasks.whoAmI, null);
      await body.cancel("enough");
      await thread;
      assert.deepEqual(updates.at(-1), { cancelled: "enough" });
      assert.equal(statsOf(pool).completed, 2);
    }));

  test("lets the failure of an output reach its reader", () =>
    withPool(kind, async (pool) => {
      const { body } = await pool.run(tasks.produce, { size: 10, failAt: 3 });
      const error = await rejection(new Response(body).bytes());
      assert.equal(error.name, "LineError");
      assert.equal((error as Error & { line: number }).line, 3);
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
    }));

  test("ends a thread whose cancelled output does not let go", () =>
    withPool(kind, async (pool) => {
      if (kind === "inline") {
        // Nothing can end it; the interval would outlive the test.
        assert.equal(pool.capabilities.threads, false);
        return;
      }
      const first = await pool.run(tasks.whoAmI, null);
      const body = await pool.run(tasks.stubbornStream, null);
      await body.cancel();
      assert.notEqual(await pool.run(tasks.whoAmI, null), first);
    }, { graceMs: 20 }));

  test("aborts a task that listens, and keeps its thread", () =>
    withPool(kind, async (pool) => {
      const first = await pool.run(tasks.whoAmI, null);
      const controller = new AbortController();
      const run = pool.run(tasks.wait, { ms: 60_000 }, {
        signal: controller.signal,
      });
      const reason = new Error("the client left");
      controller.abort(reason);
      assert.equal(await rejection(run), reason);
      assert.equal(await pool.run(tasks.whoAmI, null), first);
      const late = await rejection(
        pool.run(tasks.add, { a: 1, b: 2 }, { signal: controller.signal }),
      );
      assert.equal(late, reason);
    }, { graceMs: 5_000 }));

  test("aborts an output stream", () =>
    withPool(kind, async (pool) => {
      const controller = new AbortController();
      const { body } = await pool.run(tasks.produce, { size: 10 }, {
        signal: controller.signal,
      });
      controller.abort(new Error("the client left"));
      const error = await rejection(new Response(body).bytes());
      assert.equal(error.message, "the client left");
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
    }));

  test("keeps deadlines", () =>
    withPool(kind, async (pool) => {
      const running = pool.run(tasks.wait, { ms: 60_000 }, { deadlineMs: 200 });
      const cancelled = Promise.withResolvers<unknown>();
      const waiting = pool.run(
        tasks.countBytes,
        { body: streamOf(["a"], cancelled.resolve) },
        { deadlineMs: 10 },
      );
      const error = await rejection(waiting);
      assert.ok(error instanceof TaskDeadlineError);
      assert.equal(error.deadlineMs, 10);
      assert.equal(await cancelled.promise, error);
      assert.equal(statsOf(pool).queue_depth, 0);
      assert.ok(await rejection(running) instanceof TaskDeadlineError);
    }));

  test("frees a thread from a task that ignores its deadline", () =>
    withPool(kind, async (pool) => {
      const first = await pool.run(tasks.whoAmI, null);
      const run = pool.run(tasks.ignoreAbort, { ms: 300 }, { deadlineMs: 50 });
      assert.ok(await rejection(run) instanceof TaskDeadlineError);
      if (pool.capabilities.threads) {
        assert.notEqual(await pool.run(tasks.whoAmI, null), first);
      } else {
        assert.equal(statsOf(pool).zombies, 1, "it still runs");
        assert.match(pool.capabilities.missing.join(), /cannot be stopped/);
        assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
        assert.equal(statsOf(pool).zombies, 0);
      }
    }, { graceMs: 20 }));

  test("frees the core from an endless loop, where it can", () =>
    withPool(kind, async (pool) => {
      if (!pool.capabilities.kill) {
        // That it really cannot is pinned by executor_facts_test.ts, in a
        // process of its own: here the loop would burn on.
        assert.notEqual(kind, "node");
        assert.match(pool.capabilities.missing.join(), /cannot be stopped/);
        return;
      }
      const shared = new SharedArrayBuffer(4);
      const ticks = new Int32Array(shared);
      // The thread is there before: else a slow start could use up the time.
      await pool.run(tasks.add, { a: 0, b: 0 });
      const error = await rejection(
        pool.run(tasks.spin, { shared }, { deadlineMs: 1_000 }),
      );
      assert.ok(error instanceof TaskDeadlineError);
      await until(() => statsOf(pool).zombies === 0);
      const counted = Atomics.load(ticks, 0);
      assert.ok(counted > 0, "it did spin");
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
      assert.equal(Atomics.load(ticks, 0), counted, "it spins no more");
    }, { graceMs: 20 }));

  test("counts a thread that does not end against its capacity", () =>
    withPool(kind, async (pool) => {
      if (kind === "inline") {
        // A native call on the loop holds the test itself.
        assert.equal(pool.capabilities.threads, false);
        return;
      }
      const started = Promise.withResolvers<unknown>();
      const controller = new AbortController();
      const run = pool.run(tasks.nativeCall, { rounds: 400_000 }, {
        signal: controller.signal,
        onProgress: started.resolve,
      });
      await started.promise;
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.abort();
      await rejection(run);
      assert.equal(statsOf(pool).zombies, 1);
      assert.equal(statsOf(pool).threads, 0);
      let answered = false;
      const next = pool.run(tasks.add, { a: 1, b: 2 }).then(() =>
        answered = true
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(answered, false, "no thread is started beside the zombie");
      await next;
      assert.equal(statsOf(pool).zombies, 0);
    }, { graceMs: 10 }));

  test("refuses when the queue is full", () =>
    withPool(kind, async (pool) => {
      const controller = new AbortController();
      const { signal } = controller;
      const runs = [1, 2, 3].map(() =>
        rejection(pool.run(tasks.wait, { ms: 60_000 }, { signal }))
      );
      const bytes = Uint8Array.of(1, 2, 3);
      const error = await rejection(
        pool.run(tasks.invert, { data: { bytes } }),
      );
      assert.ok(error instanceof PoolFullError);
      assert.ok(error.retryAfterS >= 1);
      assert.equal(bytes.byteLength, 3, "what is refused stays the caller's");
      assert.equal(statsOf(pool).queue_depth, 2);
      controller.abort();
      await Promise.all(runs);
    }, { classes: { short: { threads: 1, queue: 2 } } }));

  test("runs higher priorities first, then first come", () =>
    withPool(kind, async (pool) => {
      const order: string[] = [];
      const run = (name: string, priority?: number) =>
        pool.run(
          tasks.wait,
          { ms: 1 },
          priority === undefined ? {} : { priority },
        ).then(() => order.push(name));
      await Promise.all([
        run("first"),
        run("a"),
        run("low", -1),
        run("b"),
        run("high", 5),
        run("higher", 6),
        run("high too", 5),
      ]);
      assert.deepEqual(order, [
        "first",
        "higher",
        "high",
        "high too",
        "a",
        "b",
        "low",
      ]);
    }));

  test("keeps short work going beside a long load", () =>
    withPool(kind, async (pool) => {
      const controller = new AbortController();
      const loads = [1, 2, 3].map(() =>
        rejection(
          pool.run(tasks.waitInLoads, { ms: 60_000 }, {
            signal: controller.signal,
          }),
        )
      );
      for (let i = 0; i < 20; i++) {
        assert.equal(await pool.run(tasks.add, { a: i, b: 1 }), i + 1);
      }
      assert.equal(statsOf(pool, "loads").concurrent, 1);
      assert.equal(statsOf(pool, "loads").queue_depth, 2);
      controller.abort();
      await Promise.all(loads);
    }, { classes: { short: { threads: 1 }, loads: { threads: 1 } } }));

  test("caps bytes in flight", () =>
    withPool(kind, async (pool) => {
      const controller = new AbortController();
      const { signal } = controller;
      const big = () => ({ ms: 60_000, bytes: new Uint8Array(200_000) });
      const first = rejection(pool.run(tasks.wait, big(), { signal }));
      const second = rejection(pool.run(tasks.wait, big(), { signal }));
      assert.equal(statsOf(pool).concurrent, 1);
      assert.equal(statsOf(pool).queue_depth, 1, "there is a thread, no room");
      controller.abort();
      await Promise.all([first, second]);
      const alone = new Uint8Array(1_000_000);
      const answer = await pool.run(tasks.invert, { data: { bytes: alone } });
      assert.equal(answer.data.bytes.length, 1_000_000);
    }, { classes: { short: { threads: 2 } }, maxBytesInFlight: 300_000 }));

  test("bounds progress to what the loop can take", () =>
    withPool(kind, async (pool) => {
      const updates: unknown[] = [];
      await pool.run(tasks.reportMuch, { times: 20 }, {
        onProgress: (update) => updates.push(update),
      });
      assert.equal(updates.length, 20);
      await pool.run(tasks.reportMuch, { times: 100_000 }, {
        onProgress: (update) => updates.push(update),
      });
      assert.deepEqual(updates.at(-1), { i: 100_000 });
      assert.ok(updates.length < 2_000, `${updates.length} updates`);
      const thrown = new Error("from onProgress");
      const error = await rejection(
        pool.run(tasks.ignoreAbort, { ms: 1 }, {
          onProgress: () => {
            throw thrown;
          },
        }),
      );
      assert.equal(error, thrown);
    }));

  test("fails only the task whose thread throws or exits", () =>
    withPool(kind, async (pool) => {
      if (!pool.capabilities.threads) {
        // On the loop itself each of these ends the process.
        assert.match(pool.capabilities.missing.join(), /ends the process/);
        return;
      }
      const first = await pool.run(tasks.whoAmI, null);
      for (const task of [tasks.throwLater, tasks.rejectLater]) {
        const error = await rejection(pool.run(task, null));
        assert.ok(error instanceof ThreadEndedError);
        assert.equal(error.reason, "failed");
        assert.ok(error.cause instanceof RangeError);
        assert.match(error.cause.stack ?? "", /_contract_tasks\.ts/);
      }
      for (const how of ["process", "Deno", "close"] as const) {
        const error = await rejection(pool.run(tasks.exit, { how }));
        assert.ok(error instanceof ThreadEndedError);
        assert.equal(error.reason, "exited");
        if (how !== "close") assert.match(error.message, /code 7/);
      }
      assert.notEqual(await pool.run(tasks.whoAmI, null), first);
      assert.equal(statsOf(pool).failed, 5);
    }));

  test("fails only the task whose thread runs out of heap, where it can", () =>
    withPool(kind, async (pool) => {
      if (!pool.capabilities.heapIsolation) {
        // Never tried here: it would end the test process.
        assert.notEqual(kind, "node");
        assert.match(pool.capabilities.missing.join(), /out of heap/);
        return;
      }
      const error = await rejection(pool.run(tasks.exhaustHeap, null));
      assert.ok(error instanceof ThreadEndedError);
      assert.equal(error.reason, "out_of_memory");
      assert.equal(await pool.run(tasks.add, { a: 1, b: 2 }), 3);
    }, { maxHeapMb: 32 }));

  test("tells parked from computing, where it can", () =>
    withPool(kind, async (pool) => {
      assert.equal(statsOf(pool).parked_share, null);
      await pool.run(tasks.wait, { ms: 200 });
      if (kind === "inline") {
        assert.equal(statsOf(pool).parked_share, null, "the loop is shared");
        return;
      }
      const parked = statsOf(pool).parked_share;
      if (!("threadCpuUsage" in process)) return assert.equal(parked, null);
      assert.ok(parked !== null && parked > 0.5, `parked ${parked}`);
    }));

  test("close() rejects what waits and runs", async () => {
    const pool = await createThreadPool({
      kind,
      classes: { short: { threads: 1 } },
    });
    const runs = [1, 2].map(() =>
      rejection(pool.run(tasks.wait, { ms: 60_000 }))
    );
    await pool.close();
    await pool.close();
    for (const run of runs) assert.ok(await run instanceof PoolClosedError);
    const late = await rejection(pool.run(tasks.add, { a: 1, b: 2 }));
    assert.ok(late instanceof PoolClosedError);
    assert.equal(threadsAlive(), 0);
  });

  test("answers each of many tasks with its own result", () =>
    withPool(kind, async (pool) => {
      const step = fc.record({
        do: fc.constantFrom("add", "fail", "invert", "stream", "abort"),
        n: fc.integer({ min: 0, max: 255 }),
        priority: fc.integer({ min: -2, max: 2 }),
      });
      const check = async (
        { do: what, n, priority }: {
          do: string;
          n: number;
          priority: number;
        },
      ) => {
        if (what === "add") {
          assert.equal(
            await pool.run(tasks.add, { a: n, b: 1 }, { priority }),
            n + 1,
          );
        } else if (what === "fail") {
          const error = await rejection(
            pool.run(tasks.fail, { line: n }, { priority }),
          );
          assert.equal((error as Error & { line: number }).line, n);
        } else if (what === "invert") {
          const bytes = new Uint8Array(n + 1).fill(n);
          const answer = await pool.run(tasks.invert, { data: { bytes } }, {
            priority,
          });
          assert.equal(answer.data.bytes[n], 255 - n);
        } else if (what === "stream") {
          const texts = Array.from({ length: n % 7 }, () => `${n};`);
          const output = await pool.run(tasks.upperCase, streamOf(texts), {
            priority,
          });
          assert.equal(await new Response(output).text(), texts.join(""));
        } else {
          const signal = AbortSignal.abort(new Error(`aborted ${n}`));
          const error = await rejection(
            pool.run(tasks.add, { a: n, b: 1 }, { priority, signal }),
          );
          assert.equal(error.message, `aborted ${n}`);
        }
      };
      let ran = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 40, maxLength: 60 }),
          async (steps) => {
            ran += steps.length;
            await Promise.all(steps.map(check));
          },
        ),
        { numRuns: 20, endOnFailure: true },
      );
      assert.ok(ran >= 800);
      // A stream's thread is free a message later than its last chunk.
      await until(() => statsOf(pool).concurrent === 0);
      assert.equal(statsOf(pool).queue_depth, 0);
      assert.equal(statsOf(pool).zombies, 0);
    }, { classes: { short: { threads: 2 } } }));
}
