import assert from "node:assert/strict";
import fc from "fast-check";
import {
  assertConcurrent,
  type ConcurrencyOptions,
  type CountingDouble,
} from "./assert_concurrent.ts";
import { ConcurrencyError } from "./errors.ts";

type Double = CountingDouble<number, number>;

/** A semaphore; `leaky` forgets to give a slot back after an error. */
function limiter(limit: number, leaky = false) {
  let free = limit;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return async <R>(fn: () => Promise<R>): Promise<R> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      const result = await fn();
      release();
      return result;
    } catch (error) {
      if (!leaky) release();
      throw error;
    }
  };
}

const all = ({ tasks, call }: Double) => Promise.all(tasks.map(call));

function limited(limit: number, leaky = false) {
  return ({ tasks, call }: Double) => {
    const limit_ = limiter(limit, leaky);
    return Promise.all(tasks.map((task) => limit_(() => call(task))));
  };
}

/** Workers that take the next task until there is none. */
async function pool({ tasks, call }: Double, workers: number) {
  const queue = [...tasks.entries()];
  const results: number[] = [];
  await Promise.all(Array.from({ length: workers }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results[next[0]] = await call(next[1]);
    }
  }));
  return results;
}

async function refusal(
  work: (double: Double) => unknown,
  options: ConcurrencyOptions<number, number> = {},
): Promise<ConcurrencyError> {
  try {
    await assertConcurrent<number, number>(work, options);
  } catch (error) {
    assert.ok(error instanceof ConcurrencyError, String(error));
    return error;
  }
  throw new Error("It was accepted");
}

Deno.test("assertConcurrent() counts work without a limit", async () => {
  const report = await assertConcurrent(all, { tasks: 100 });
  assert.equal(report.peak, 100);
  assert.equal(report.calls, 100);
  assert.deepEqual(report.inFlight, [100]);
  assert.equal(report.ratio, 100);
  assert.equal(report.idealRatio, 100);
  assert.deepEqual(report.result, Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("assertConcurrent() fails work that waits in line, and says where", async () => {
  const { message } = await refusal(async ({ tasks, call }) => {
    for (const task of tasks) await call(task);
  }, { tasks: 20 });
  assert.match(
    message,
    /^Calls waited in line: at most 1 of 20 was in flight, expected 20, called in .*assert_concurrent_test\.ts:\d+:\d+\)\. In flight, answer by answer: 1 × 20\. Ratio to running in line: 1\.0$/,
  );
});

Deno.test("assertConcurrent() accepts a limiter at its limit", async () => {
  const report = await assertConcurrent(limited(5), { tasks: 100, limit: 5 });
  assert.equal(report.peak, 5);
  assert.deepEqual(report.inFlight, Array(20).fill(5));
  assert.equal(report.ratio, 5);
});

Deno.test("assertConcurrent() fails work beyond its limit, and says where", async () => {
  const { message } = await refusal(limited(6), { tasks: 30, limit: 5 });
  assert.match(
    message,
    /^Too many at a time: 6 calls were in flight, 5 are allowed, called in /,
  );
  const none = await refusal(all, { tasks: 30, limit: 5 });
  assert.match(none.message, /30 calls were in flight/);
});

Deno.test("assertConcurrent() fails a limiter tighter than the limit", async () => {
  const { message } = await refusal(limited(3), { tasks: 30, limit: 5 });
  assert.match(message, /^Too few at a time: at most 3 of 30 were in flight/);
  await assertConcurrent(limited(3), { tasks: 30, limit: 5, minPeak: 3 });
});

Deno.test("assertConcurrent() finds a semaphore that leaks slots after errors", async () => {
  const failing = (first: number) => ({
    tasks: 30,
    limit: 5,
    stuckAfterMs: 50,
    answer: (task: number) => {
      if (task < first) throw new Error(`no ${task}`);
      return task;
    },
  });
  const forgiving = (leaky: boolean) => async ({ tasks, call }: Double) => {
    const limit = limiter(5, leaky);
    await Promise.allSettled(tasks.map((task) => limit(() => call(task))));
  };
  const sound = await assertConcurrent(forgiving(false), failing(2));
  assert.equal(sound.failed, 2);
  assert.deepEqual(sound.errors.map(String).sort(), [
    "Error: no 0",
    "Error: no 1",
  ]);
  const sinks = await refusal(forgiving(true), failing(2));
  assert.match(
    sinks.message,
    /^Concurrency sank: 3 in flight after 5 calls, 2 of which failed, where 5 could have been/,
  );
  const stops = await refusal(forgiving(true), failing(5));
  assert.match(
    stops.message,
    /^Work came to a standstill after 5 calls for 30 tasks: none is in flight, 5 failed/,
  );
});

Deno.test("assertConcurrent() finds workers that wait in line for one lock", async () => {
  const { message } = await refusal(async (double) => {
    const lock = limiter(1);
    return await pool(
      { ...double, call: (task) => lock(() => double.call(task)) },
      16,
    );
  }, { tasks: 64, limit: 16 });
  assert.match(
    message,
    /^Calls waited in line: at most 1 of 64 was in flight, expected 16/,
  );
  const report = await assertConcurrent((double: Double) => pool(double, 16), {
    tasks: 64,
    limit: 16,
  });
  assert.equal(report.ratio, 16);
});

Deno.test("assertConcurrent() finds results in the order of answers", async () => {
  const pushing = async ({ tasks, call }: Double) => {
    const results: number[] = [];
    await Promise.all(tasks.map(async (task) => {
      results.push(await call(task));
    }));
    return results;
  };
  const { message } = await refusal(pushing, { tasks: 9 });
  assert.equal(
    message,
    "Results are out of order: result 0 is the answer of task 8",
  );
  await assertConcurrent(pushing, { tasks: 9, ordered: false });
  // What is no answer has no order.
  await assertConcurrent(
    async (double: Double) => (await pushing(double)).map(String),
    { tasks: 9 },
  );
});

Deno.test("assertConcurrent() tells the work's error, and leaves no call unanswered", async () => {
  let open = 0;
  const error = await refusal(
    ({ tasks, call }) =>
      Promise.all(tasks.map(async (task) => {
        open++;
        await call(task).finally(() => open--);
      })),
    {
      tasks: 10,
      answer: (task: number) => {
        if (task === 3) throw new TypeError("three is refused");
        return task;
      },
    },
  );
  assert.match(
    error.message,
    /^Work failed after 10 of 10 calls: three is refused/,
  );
  assert.ok(error.cause instanceof TypeError);
  assert.equal(open, 0);
  const early = await refusal(() => {
    throw new TypeError("at once");
  });
  assert.match(
    early.message,
    /^Work failed after 0 of 100 calls: at once\. No call was made/,
  );
});

Deno.test("assertConcurrent() fails work that is done before its calls", async () => {
  const { message } = await refusal(({ tasks, call }) => {
    for (const task of tasks) void call(task);
  }, { tasks: 7 });
  assert.match(
    message,
    /^Work was done before its calls: 7 were still in flight/,
  );
});

Deno.test("assertConcurrent() fails work that never ends", async () => {
  const { message } = await refusal(async ({ call }) => {
    for (;;) await Promise.all([call(0), call(0)]);
  }, { tasks: 1, limit: 2, quietTurns: 1 });
  assert.match(message, /^Work does not come to an end: 102 calls for 1 task$/);
});

Deno.test("assertConcurrent() computes times by a clock of its own", async () => {
  // Lanes of 10, 1, 1, …: a pool of two takes 10, batches of two take 14.
  const latency = (task: number) => task === 0 ? 10 : 1;
  const pooled = await assertConcurrent((double: Double) => pool(double, 2), {
    tasks: 10,
    limit: 2,
    latency,
  });
  assert.equal(pooled.took, 10);
  assert.equal(pooled.inLine, 19);
  assert.equal(pooled.ratio, 1.9);
  assert.equal(pooled.idealRatio, 1.9);
  const batches = async ({ tasks, call }: Double) => {
    for (let i = 0; i < tasks.length; i += 2) {
      await Promise.all(tasks.slice(i, i + 2).map(call));
    }
  };
  const batched = await assertConcurrent(batches, {
    tasks: 10,
    limit: 2,
    latency,
    steady: false,
  });
  assert.equal(batched.took, 14);
  const { message } = await refusal(batches, { tasks: 10, limit: 2, latency });
  assert.match(message, /^Concurrency sank: 1 in flight after 1 call, where 2/);
});

Deno.test("assertConcurrent() waits for work that does other things in between", async () => {
  const report = await assertConcurrent(async ({ tasks, call }: Double) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return await Promise.all(tasks.map(call));
  }, { tasks: 10 });
  assert.equal(report.peak, 10);
});

Deno.test("assertConcurrent() takes tasks of any kind", async () => {
  const tasks = ["a.csv", "b.csv", "c.csv"];
  const report = await assertConcurrent<string, number, number[]>(
    ({ tasks, call }) => Promise.all(tasks.map(call)),
    { tasks, answer: (name, index) => name.length + index },
  );
  assert.deepEqual(report.result, [5, 6, 7]);
});

Deno.test("assertConcurrent() refuses options out of range", async () => {
  for (
    const options of [{ tasks: 0 }, { tasks: 1.5 }, { limit: 0 }, {
      limit: 2,
      minPeak: 3,
    }]
  ) {
    await assert.rejects(assertConcurrent(all, options), RangeError);
  }
});

Deno.test("assertConcurrent() counts any limiter exactly", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 24 }),
      fc.array(fc.integer({ min: 1, max: 9 }), {
        minLength: 24,
        maxLength: 24,
      }),
      async (limit, tasks, latencies) => {
        const report = await assertConcurrent(limited(limit), {
          tasks,
          limit,
          latency: (task) => latencies[task]!,
          quietTurns: 1,
        });
        assert.equal(report.peak, Math.min(limit, tasks));
        const inLine = latencies.slice(0, tasks).reduce((a, b) => a + b, 0);
        assert.equal(report.inLine, inLine);
        // No schedule is better than ideal; list scheduling is at most twice it.
        assert.ok(report.ratio <= report.idealRatio + 1e-9);
        assert.ok(report.ratio >= report.idealRatio / 2 - 1e-9);
      },
    ),
    { numRuns: 40 },
  );
});
