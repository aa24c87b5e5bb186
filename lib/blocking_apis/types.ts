/** What a call does to the loop. */
export type BlockingKind =
  /** Waits in the kernel for a disk, a pipe, a lock file, a child process. */
  | "sync_io"
  /** Computes on the calling thread. */
  | "cpu"
  /** Waits without computing: `Atomics.wait`, `alert`. */
  | "parked"
  /** Loads or compiles code. */
  | "module_load";

/** When a call is small enough to be no crime. */
export interface BlockingSize {
  /**
   * What is measured: an argument by its position, the receiver, or what
   * comes back. Strings and arrays by `length`, buffers by `byteLength`,
   * numbers (`randomBytes(n)`) by value, a request or response by its body.
   */
  of: number | "this" | "result";
  /** From this size on it is worth telling: mostly what takes about 5 ms. */
  over: number;
  unit: "bytes" | "characters" | "elements" | "iterations";
}

/** What to write instead. */
export interface Replacement {
  /** `Deno`, `node:fs/promises`, `global`; null when it is no mere call. */
  module: string | null;
  /** Name in that module: `readFile`; with its class: `FsFile.prototype.read`. */
  name: string | null;
  /**
   * Whether the same arguments do the same, so that a tool may rewrite the
   * call as `await` of the other one.
   */
  sameArguments: boolean;
}

/** One API that holds the loop while it runs. */
export interface BlockingApi {
  /**
   * `node:fs.readFileSync`, `Deno.FsFile.prototype.readSync`, `JSON.parse`;
   * `node:crypto.randomBytes(callback)` where {@linkcode withCallback} is true.
   */
  id: string;
  /** Where it is got from. `global`: a property of `globalThis`. */
  module: "Deno" | "global" | `node:${string}` | `npm:${string}`;
  /**
   * Name within the module: `readFileSync`, `FsFile.prototype.readSync`,
   * `DatabaseSync` (with `call: "constructor"`), `JSON.parse`.
   */
  name: string;
  call: "function" | "method" | "constructor";
  /**
   * `sync`: the answer is there when the call returns. `in_name_only`: it
   * gives a promise, takes a callback or is a stream, and holds the loop all
   * the same.
   */
  nature: "sync" | "in_name_only";
  kind: BlockingKind;
  /** Null: worth telling at any size. */
  size: BlockingSize | null;
  /** One sentence: what holds the loop, measured where it was. */
  why: string;
  /** One sentence: what to do instead. */
  instead: string;
  /** Null when there is no such call: then it belongs in a thread. */
  replacement: Replacement | null;
  /**
   * Whether tools that see every call should tell it by default. False for
   * what is everywhere and small: `console.log`, `atob`, `localeCompare`.
   */
  byDefault: boolean;
  /**
   * True when it blocks only if called without its callback: `randomBytes`.
   */
  withoutCallback?: boolean;
  /**
   * True when this entry is about the call with a callback, and another one
   * with the same module and name about the call without.
   */
  withCallback?: boolean;
}
