// Tasks of the contract tests: a module of their own, as threads import it.
import { defineTask } from "./define_task.ts";

const module = import.meta.url;
const isolate = crypto.randomUUID();

class LineError extends Error {
  override readonly name = "LineError";
  constructor(message: string, readonly line: number, options?: ErrorOptions) {
    super(message, options);
  }
}

const sleep = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

export const add = defineTask({
  name: "add",
  module,
  run: ({ a, b }: { a: number; b: number }) => a + b,
});

/** Which isolate ran it: the same thread answers the same. */
export const whoAmI = defineTask({
  name: "whoAmI",
  module,
  run: (_: null) => isolate,
});

export const fail = defineTask({
  name: "fail",
  module,
  run: ({ line }: { line: number }): never => {
    throw new LineError("bad quote", line, { cause: new TypeError("inner") });
  },
});

export const throwPlain = defineTask({
  name: "throwPlain",
  module,
  run: (_: null): never => {
    throw { code: 42 };
  },
});

export const answerFunction = defineTask({
  name: "answerFunction",
  module,
  run: (_: null): unknown => ({ cannot: () => "be cloned" }),
});

/** Moves bytes there and back, two levels deep. */
export const invert = defineTask({
  name: "invert",
  module,
  run: ({ data }: { data: { bytes: Uint8Array<ArrayBuffer> } }) => {
    for (let i = 0; i < data.bytes.length; i++) data.bytes[i]! ^= 255;
    return { data: { bytes: data.bytes } };
  },
});

export const answerThroughPort = defineTask({
  name: "answerThroughPort",
  module,
  run: async ({ port }: { port: MessagePort }) => {
    const question = await new Promise((resolve) =>
      port.onmessage = ({ data }) => resolve(data)
    );
    port.postMessage({ question });
    port.close();
  },
});

export const countBytes = defineTask({
  name: "countBytes",
  module,
  run: async ({ body }: { body: ReadableStream<Uint8Array> }) => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    return bytes;
  },
});

export const ignoreStream = defineTask({
  name: "ignoreStream",
  module,
  run: (_: ReadableStream<Uint8Array>) => "done",
});

export const upperCase = defineTask({
  name: "upperCase",
  module,
  run: (body: ReadableStream<Uint8Array<ArrayBuffer>>) =>
    body.pipeThrough(new TextDecoderStream())
      .pipeThrough(
        new TransformStream<string, string>({
          transform: (text, out) => out.enqueue(text.toUpperCase()),
        }),
      ).pipeThrough(new TextEncoderStream()),
});

/** Produces for ever; says how much through progress. */
export const produce = defineTask({
  name: "produce",
  module,
  run: (
    { size, failAt = Infinity }: { size: number; failAt?: number },
    ctx,
  ) => {
    let made = 0;
    return {
      body: new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (made === failAt) throw new LineError("source broke", made);
          controller.enqueue(new Uint8Array(size).fill(made % 256));
          ctx.progress({ made: ++made });
        },
        cancel: (reason) => ctx.progress({ cancelled: String(reason) }),
      }, { highWaterMark: 0 }),
    };
  },
});

/** An output stream whose cancel never settles. */
export const stubbornStream = defineTask({
  name: "stubbornStream",
  module,
  run: (_: null) =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => new Promise(() => setInterval(() => {}, 10_000)),
    }),
});

export const wait = defineTask({
  name: "wait",
  module,
  run: async ({ ms }: { ms: number }, { signal }) => {
    await sleep(ms, signal);
    return ms;
  },
});

/** Goes on after an abort for `ms`, as long as it does not finish earlier. */
export const ignoreAbort = defineTask({
  name: "ignoreAbort",
  module,
  run: async ({ ms }: { ms: number }, { progress }) => {
    progress("started");
    await sleep(ms);
  },
});

export const waitInLoads = defineTask({
  name: "waitInLoads",
  module,
  threadClass: "loads",
  run: async ({ ms }: { ms: number }, { signal }) => await sleep(ms, signal),
});

/** Holds its thread with a loop, until `untilMs` of the shared clock. */
export const spin = defineTask({
  name: "spin",
  module,
  run: ({ shared }: { shared: SharedArrayBuffer }) => {
    const ticks = new Int32Array(shared);
    for (;;) Atomics.add(ticks, 0, 1);
  },
});

export const spinFor = defineTask({
  name: "spinFor",
  module,
  run: ({ ms }: { ms: number }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
});

/** One native call that no kill can interrupt. */
export const nativeCall = defineTask({
  name: "nativeCall",
  module,
  run: async ({ rounds }: { rounds: number }, { progress }) => {
    const { pbkdf2Sync } = await import("node:crypto");
    progress("started");
    await sleep(20);
    pbkdf2Sync("password", "salt", rounds, 64, "sha512");
  },
});

/** Runs out of heap in a continuation, where nothing tells the loop. */
export const exhaustHeap = defineTask({
  name: "exhaustHeap",
  module,
  run: async (_: null) => {
    await sleep(1);
    const all: unknown[] = [];
    for (;;) all.push({ index: all.length });
  },
});

export const throwLater = defineTask({
  name: "throwLater",
  module,
  run: async (_: null) => {
    setTimeout(() => {
      throw new RangeError("thrown on the thread's loop");
    });
    await sleep(60_000);
  },
});

export const rejectLater = defineTask({
  name: "rejectLater",
  module,
  run: async (_: null) => {
    // deno-lint-ignore loophound/no-floating-promise -- what the test is about
    Promise.reject(new RangeError("rejected on the thread's loop"));
    await sleep(60_000);
  },
});

export const exit = defineTask({
  name: "exit",
  module,
  run: async ({ how }: { how: "process" | "Deno" | "close" }) => {
    const { default: process } = await import("node:process");
    if (how === "process") process.exit(7);
    if (how === "Deno") Deno.exit(7);
    globalThis.close();
    await sleep(60_000);
  },
});

export const reportMuch = defineTask({
  name: "reportMuch",
  module,
  run: ({ times }: { times: number }, { progress }) => {
    for (let i = 1; i <= times; i++) progress({ i });
  },
});

export const neverDefined = {
  name: "neverDefined",
  module,
  threadClass: "short",
  run: () => {},
};
