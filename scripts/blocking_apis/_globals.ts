/** What holds the loop without touching a file: globals and conversions. */
import { type NamedFact, sameFact } from "./_fact.ts";

const THREAD = "Do it in a thread, or work on a smaller piece.";
const COPY =
  "Transfer buffers instead of copying, or send bytes and parse where they are needed.";

const parks: readonly NamedFact[] = [
  {
    module: "global",
    name: "Atomics.wait",
    kind: "parked",
    why:
      "Parks the thread until somebody wakes it; Deno allows it on the main thread.",
    instead:
      "Await the `value` of Atomics.waitAsync() with the same arguments.",
    replacement: {
      module: "global",
      name: "Atomics.waitAsync",
      sameArguments: false,
    },
  },
  ...sameFact("global", ["alert", "confirm", "prompt"], {
    kind: "parked",
    why: "Holds the loop until somebody has answered on the terminal.",
    instead: "Read Deno.stdin.readable.",
  }),
  ...sameFact("global", [
    "Storage.prototype.clear",
    "Storage.prototype.getItem",
    "Storage.prototype.removeItem",
    "Storage.prototype.setItem",
  ], {
    kind: "sync_io",
    why:
      "Reads or writes a SQLite file on the calling thread: 0.02 to 0.4 ms, 4 ms for 1 MB.",
    instead: "Keep it in memory, and write it with an asynchronous API.",
  }),
];

const values: readonly NamedFact[] = [
  {
    module: "global",
    name: "JSON.parse",
    kind: "cpu",
    size: { of: 0, over: 1_000_000, unit: "characters" },
    why: "Parses the whole text before it returns: 12 to 16 ms per MB.",
    instead:
      "Limit the size, stream it record by record, or parse it in a thread.",
  },
  {
    module: "global",
    name: "JSON.stringify",
    kind: "cpu",
    size: { of: "result", over: 1_000_000, unit: "characters" },
    why: "Writes the whole value before it returns: 5 ms per MB.",
    instead: "Page the answer, stream it, or make the text in a thread.",
  },
  {
    module: "global",
    name: "structuredClone",
    kind: "cpu",
    why:
      "Writes the whole value and reads it again: 28 ms per MB of objects, 2 ms per MB of buffers.",
    instead: COPY,
    byDefault: false,
  },
  {
    module: "node:v8",
    name: "serialize",
    kind: "cpu",
    size: { of: "result", over: 500_000, unit: "bytes" },
    why: "Walks the whole value before it returns: 10 ms per MB.",
    instead: THREAD,
  },
  {
    module: "node:v8",
    name: "deserialize",
    kind: "cpu",
    size: { of: 0, over: 200_000, unit: "bytes" },
    why: "Makes every value of the buffer before it returns: 22 ms per MB.",
    instead: THREAD,
  },
  ...sameFact("global", [
    "MessagePort.prototype.postMessage",
    "Worker.prototype.postMessage",
  ], {
    kind: "cpu",
    why:
      "Writes the whole message before it returns: 7 ms per MB of objects; reading it takes 20.",
    instead: COPY,
    byDefault: false,
  }),
  {
    module: "node:worker_threads",
    name: "receiveMessageOnPort",
    kind: "cpu",
    why:
      "Reads a message on the calling thread, 20 ms per MB of objects; a loop over it never lets go.",
    instead: "Listen to the port's message events.",
    byDefault: false,
  },
  ...(["global", "node:worker_threads"] as const).map((module): NamedFact => ({
    module,
    name: "Worker",
    call: "constructor",
    kind: "cpu",
    why: "Starts a runtime of its own: 8 to 60 ms.",
    instead: "Start threads at start-up and keep them in a pool.",
    byDefault: false,
  })),
  ...sameFact("global", ["Array.prototype.sort", "Array.prototype.toSorted"], {
    kind: "cpu",
    size: { of: "this", over: 10_000, unit: "elements" },
    why:
      "Sorts all elements before it returns: 8 ms for 10,000 numbers, 80 for 100,000, 180 where they are compared as text.",
    instead: "Let the database sort, or sort in a thread.",
  }),
];

const texts: readonly NamedFact[] = [
  ...sameFact("global", ["atob", "btoa"], {
    kind: "cpu",
    size: { of: 0, over: 2_000_000, unit: "characters" },
    why: "Converts the whole text before it returns: 1 to 3 ms per MB.",
    instead: THREAD,
    byDefault: false,
  }),
  ...sameFact("global", [
    "TextDecoder.prototype.decode",
    "TextEncoder.prototype.encode",
  ], {
    kind: "cpu",
    size: {
      of: 0,
      over: 5_000_000,
      unit: "bytes",
    },
    why: "Converts all it is given before it returns: 1 ms per MB.",
    instead: "Pipe through TextDecoderStream or TextEncoderStream.",
    byDefault: false,
  }),
  ...sameFact("global", ["Function", "eval"], {
    kind: "cpu",
    why: "Compiles the source, 45 ms per MB, and eval runs it to its end.",
    instead: "Write it as a module, or run it in a thread.",
    byDefault: false,
  }),
  {
    module: "global",
    name: "BigInt.prototype.toString",
    kind: "cpu",
    why: "Takes more than linear time: 13 ms for 100,000 digits.",
    instead: "Limit how many digits you accept.",
    byDefault: false,
  },
  {
    module: "global",
    name: "String.prototype.localeCompare",
    kind: "cpu",
    why:
      "Compares by the rules of a language: 0.3 µs a call, and a sort makes many.",
    instead: "Sort by an Intl.Collator, or in the database.",
    byDefault: false,
  },
  ...sameFact("global", [
    "console.debug",
    "console.dir",
    "console.error",
    "console.info",
    "console.log",
    "console.table",
    "console.trace",
    "console.warn",
  ], {
    kind: "sync_io",
    why:
      "Prints 1 MB in 4 ms, and holds the loop while nobody reads the pipe: 5.9 s were measured.",
    instead: "Write logs through a bounded sink off the loop.",
    byDefault: false,
  }),
  {
    module: "Deno",
    name: "inspect",
    kind: "cpu",
    why: "Prints the whole value: 14 ms per 1,000 small objects.",
    instead: "Print less of it.",
    byDefault: false,
  },
  {
    module: "node:util",
    name: "inspect",
    kind: "cpu",
    why: "Prints the whole value: 22 ms per 1,000 small objects.",
    instead: "Print less of it.",
    byDefault: false,
  },
  {
    module: "node:util",
    name: "isDeepStrictEqual",
    kind: "cpu",
    why: "Walks both values: 1.5 ms per 1,000 small objects.",
    instead: "Compare versions or hashes.",
    byDefault: false,
  },
];

export const globals: readonly NamedFact[] = [...parks, ...values, ...texts];
