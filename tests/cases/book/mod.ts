/** The files of the case book, in the order of the docs. */

/** A file of the book. */
export interface BookFile {
  /** Name in this folder. */
  file: string;
  /** What it is about. */
  title: string;
  /** Why it cannot run on Node 20, where other detectors live. */
  notOnNode?: string;
}

const DENO = "calls Deno's own functions";

export const BOOK: readonly BookFile[] = [
  { file: "cpu_handlers.ts", title: "Loops in handlers" },
  { file: "cpu_helpers.ts", title: "Loops in what handlers call" },
  { file: "microtasks.ts", title: "Microtasks" },
  { file: "timers.ts", title: "Timers" },
  { file: "events.ts", title: "Events" },
  { file: "streams.ts", title: "Streams" },
  { file: "middleware.ts", title: "Middleware" },
  { file: "at_once.ts", title: "Several handlers at once" },
  { file: "json.ts", title: "JSON and copies" },
  { file: "text.ts", title: "Text, sorting, garbage" },
  { file: "files_node.ts", title: "Files by node:fs" },
  { file: "files_deno.ts", title: "Files by Deno", notOnNode: DENO },
  { file: "processes.ts", title: "Processes and waiting" },
  {
    file: "processes_deno.ts",
    title: "Processes and servers by Deno",
    notOnNode: DENO,
  },
  { file: "crypto.ts", title: "Crypto" },
  { file: "zlib.ts", title: "Compression" },
  { file: "code.ts", title: "Code compiled and loaded" },
  {
    file: "sqlite.ts",
    title: "SQLite",
    notOnNode: "node:sqlite came with Node 22",
  },
  { file: "embedded.ts", title: "Asynchronous in name only" },
  { file: "innocent_waits.ts", title: "Waiting" },
  { file: "innocent_threads.ts", title: "Other threads" },
  { file: "innocent_calls.ts", title: "Small, elsewhere, or only called so" },
];
