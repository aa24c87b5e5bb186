/** Calls that look like blocks, and are small, elsewhere or something else. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { type Case, innocent } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

/** Read when the program starts, before any request. */
const LICENCE = existsSync("small.txt")
  ? readFileSync("small.txt", "utf8")
  : "";
app.get("/calls/start-up", (c) => c.text(LICENCE));

app.get("/calls/small-json", async (c) => {
  await pause(1);
  const settings = JSON.parse('{"page":{"size":20},"sort":"name"}');
  return c.json(JSON.parse(JSON.stringify(settings)));
});

app.get("/calls/small-clone", (c) => {
  const settings = structuredClone({ page: { size: 20 }, sort: "name" });
  return c.json(settings);
});

app.get("/calls/small-sort", (c) => {
  const names = Array.from({ length: 500 }, (_, i) => `name ${i * 7 % 500}`);
  return c.json(names.sort().slice(0, 10));
});

app.get("/calls/regex", (c) => {
  const words = "gene panel ".repeat(500).match(/\b\w+\b/g) ?? [];
  return c.json(words.length);
});

app.get("/calls/digest", (c) => {
  const id = createHash("sha256").update(randomBytes(16)).digest("hex");
  return c.text(id);
});

/** Small synchronous calls that somebody has looked at and allowed. */
app.get("/calls/allowed", async (c) => {
  await pause(1);
  // loophound-allow node:fs.readFileSync: twelve bytes, measured
  // deno-lint-ignore loophound/no-sync-call -- twelve bytes, measured
  const text = readFileSync("small.txt", "utf8"); // short: call_allowed
  return c.text(text);
});

app.get("/calls/small-gzip", async (c) => {
  await pause(1);
  const out = gzipSync("a few words"); // short: call_small_gzip
  return c.json(out.length);
});

/** In memory, and only called like the others. */
class MemoryFiles {
  readonly #files = new Map([["a.txt", "alpha"]]);

  readFileSync(path: string): string {
    return this.#files.get(path) ?? "";
  }

  flushSync(): void {
    this.#files.clear();
  }
}
const files = new MemoryFiles();
app.get("/calls/same-name", async (c) => {
  await pause(1);
  const text = files.readFileSync("a.txt");
  files.flushSync();
  return c.text(text);
});

app.get("/calls/shadowed", async (c) => {
  await pause(1);
  const fs = new MemoryFiles();
  const Deno = { readTextFileSync: (path: string) => fs.readFileSync(path) };
  return c.text(Deno.readTextFileSync("a.txt"));
});

/** Called by the command line of this program, and by no handler. */
export function dump(path: string): string {
  return readFileSync(path, "utf8");
}

app.get("/calls/named-alike", (c) => {
  const dump = (path: string) => `no dump of ${path}`;
  return c.text(dump("small.txt"));
});

app.get("/calls/not-called", (c) => {
  const readers = [readFileSync];
  return c.json(readers.length);
});

export const cases: readonly Case[] = [
  innocent("call_at_start_up", {
    title: "readFileSync while the program starts",
    why: "no request waits yet",
    request: "GET /calls/start-up",
  }),
  innocent("call_small_json", {
    title: "a small JSON.parse",
    why: "it takes microseconds",
    request: "GET /calls/small-json",
  }),
  innocent("call_small_clone", {
    title: "a small structuredClone",
    why: "it takes microseconds",
    request: "GET /calls/small-clone",
  }),
  innocent("call_small_sort", {
    title: "500 names sorted",
    why: "it takes a fraction of a millisecond",
    request: "GET /calls/small-sort",
  }),
  innocent("call_regex", {
    title: "a linear regular expression",
    why: "it takes a fraction of a millisecond",
    request: "GET /calls/regex",
  }),
  innocent("call_digest", {
    title: "a digest of 16 random bytes",
    why: "it takes microseconds",
    request: "GET /calls/digest",
  }),
  innocent("call_allowed", {
    title: "a small file by readFileSync, allowed by a rule",
    why: "somebody has allowed it, with a reason",
    request: "GET /calls/allowed",
  }),
  innocent("call_small_gzip", {
    title: "gzipSync of a few words",
    why: "it takes microseconds",
    request: "GET /calls/small-gzip",
  }),
  innocent("call_same_name", {
    title: "methods of one's own called readFileSync and flushSync",
    why: "they only have the name",
    request: "GET /calls/same-name",
  }),
  innocent("call_shadowed", {
    title: "a local fs and a local Deno",
    why: "they only have the name",
    request: "GET /calls/shadowed",
  }),
  innocent("call_not_reached", {
    title: "a function that no handler calls",
    why: "only the command line reads that file",
    request: "GET /calls/named-alike",
  }),
  innocent("call_not_called", {
    title: "readFileSync put into an array",
    why: "nobody calls it",
    request: "GET /calls/not-called",
  }),
];
