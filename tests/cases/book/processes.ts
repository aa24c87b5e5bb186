/** Child processes waited for, and other ways of standing still. */
import { execFileSync, execSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { feedPipe } from "./_pipe.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/processes/exec", (c) => {
  const output = execSync("sleep 0.1; echo done"); // culprit: process_exec
  return c.text(String(output));
});

app.get("/processes/exec-file", async (c) => {
  await pause(2);
  const output = execFileSync("sleep", ["0.1"]); // culprit: process_exec_file
  return c.text(String(output));
});

function revision(): string {
  const { stdout } = spawnSync("sh", ["-c", "sleep 0.1; echo e2807b3"]); // culprit: process_spawn
  return String(stdout);
}
app.get("/processes/spawn", async (c) => {
  await pause(1);
  return c.text(revision()); // way: process_spawn
});

function sleepSync(ms: number): void {
  const memory = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(memory, 0, 0, ms); // culprit: atomics_wait, atomics_after_await
}
app.get("/processes/atomics", (c) => {
  sleepSync(120); // way: atomics_wait
  return c.text("slept");
});
app.get("/processes/atomics-later", async (c) => {
  await pause(2);
  sleepSync(120); // way: atomics_after_await
  return c.text("slept");
});

app.get("/processes/pipe", (c) => {
  const text = readFileSync("slow.pipe", "utf8"); // culprit: slow_file
  return c.text(text);
});
app.get("/processes/pipe-later", async (c) => {
  await pause(1);
  const text = readFileSync("slow.pipe", "utf8"); // culprit: slow_file_after_await
  return c.text(text);
});

/** A job of the program itself, without a request. */
function backUpSoon(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(function backUp() {
      execSync("sleep 0.15"); // culprit: process_in_timer
      resolve();
    }, 3);
  });
}

type Label = Parameters<typeof block>[1];
const standing = (
  label: Pick<Label, "title" | "where" | "function" | "api"> & Partial<Label>,
): Label => ({
  kind: "child process",
  cause: "parked",
  blockMs: 105,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "process_exec",
    standing({
      title: "execSync",
      where: "first stretch",
      request: "GET /processes/exec",
      function: null,
      api: "node:child_process.execSync",
    }),
  ),
  block(
    "process_exec_file",
    standing({
      title: "execFileSync after an await",
      where: "after an await",
      request: "GET /processes/exec-file",
      function: null,
      api: "node:child_process.execFileSync",
    }),
  ),
  block(
    "process_spawn",
    standing({
      title: "spawnSync in a helper",
      where: "helper",
      request: "GET /processes/spawn",
      function: "revision",
      api: "node:child_process.spawnSync",
    }),
  ),
  block(
    "atomics_wait",
    standing({
      title: "Atomics.wait in a helper",
      kind: "parked",
      where: "first stretch",
      request: "GET /processes/atomics",
      function: "sleepSync",
      api: "Atomics.wait",
      blockMs: 120,
    }),
  ),
  block(
    "atomics_after_await",
    standing({
      title: "Atomics.wait after an await",
      kind: "parked",
      where: "after an await",
      request: "GET /processes/atomics-later",
      function: "sleepSync",
      api: "Atomics.wait",
      blockMs: 120,
    }),
  ),
  block(
    "slow_file",
    standing({
      title: "a file that is slow to answer",
      kind: "parked",
      where: "first stretch",
      request: "GET /processes/pipe",
      prepare: feedPipe,
      function: null,
      api: "node:fs.readFileSync",
      blockMs: 150,
    }),
  ),
  block(
    "slow_file_after_await",
    standing({
      title: "a file that is slow to answer, after an await",
      kind: "parked",
      where: "after an await",
      request: "GET /processes/pipe-later",
      prepare: feedPipe,
      function: null,
      api: "node:fs.readFileSync",
      blockMs: 150,
    }),
  ),
  block(
    "process_in_timer",
    standing({
      title: "execSync in a timer of the program's own",
      where: "timer",
      start: backUpSoon,
      function: "backUp",
      api: "node:child_process.execSync",
      blockMs: 155,
    }),
  ),
];
