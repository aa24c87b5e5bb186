/** Work that other threads and processes do. */
import { type ChildProcess, spawn } from "node:child_process";
import { pbkdf2, scrypt } from "node:crypto";
import { once } from "node:events";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { Hono } from "hono";
import { type Case, innocent } from "../case.ts";

export const app = new Hono();
const pbkdf2Later = promisify(pbkdf2);
const scryptLater = promisify(scrypt) as (
  password: string,
  salt: string,
  length: number,
) => Promise<Uint8Array>;

app.get("/threads/pool", async (c) => {
  const keys = await Promise.all(
    Array.from(
      { length: 4 },
      (_, i) => pbkdf2Later(`secret ${i}`, "salt", 100_000, 32, "sha256"),
    ),
  );
  return c.json(keys.length);
});

app.get("/threads/scrypt", async (c) => {
  const key = await scryptLater("secret", "salt", 32);
  return c.json(key.length);
});

app.get("/threads/digest", async (c) => {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new Uint8Array(1_000_000),
  );
  return c.json(digest.byteLength);
});

let hasher: Worker | undefined;
/** Starting a thread holds the loop: it is done once, early. */
async function startHasher(): Promise<void> {
  if (hasher !== undefined) return;
  hasher = new Worker(new URL("./_hash_thread.mjs", import.meta.url));
  hasher.unref();
  await once(hasher, "online");
}
app.get("/threads/worker", async (c) => {
  hasher!.postMessage("small.txt");
  const [key] = await once(hasher!, "message");
  return c.text(key);
});

let sleeper: ChildProcess | undefined;
/** Starting a process takes the loop some milliseconds; waiting for it none. */
function startSleeper(): void {
  sleeper = spawn("sleep", ["0.15"]);
}
app.get("/threads/process", async (c) => {
  const [code] = await once(sleeper!, "exit");
  return c.json({ code });
});

export const cases: readonly Case[] = [
  innocent("thread_pool_busy", {
    title: "four pbkdf2 at the same time",
    why: "the runtime's threads compute them",
    request: "GET /threads/pool",
  }),
  innocent("thread_scrypt", {
    title: "scrypt by a callback",
    why: "a thread of the runtime computes it",
    request: "GET /threads/scrypt",
  }),
  innocent("thread_digest", {
    title: "a digest by subtle crypto",
    why: "a thread of the runtime computes it",
    request: "GET /threads/digest",
  }),
  innocent("thread_worker", {
    title: "pbkdf2Sync and readFileSync in a worker",
    why: "they hold the worker's loop, not this one",
    request: "GET /threads/worker",
    prepare: startHasher,
  }),
  innocent("thread_process", {
    title: "a child process that is awaited",
    why: "waiting gives the loop back",
    request: "GET /threads/process",
    prepare: startSleeper,
  }),
];
