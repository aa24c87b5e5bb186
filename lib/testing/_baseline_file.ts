import { dirname } from "node:path";
import { LoopBaselineError } from "./errors.ts";
import type { Baseline } from "./_baseline.ts";

/**
 * Reads a baseline.
 *
 * @returns Null where there is no such file.
 * @throws {LoopBaselineError} It is not one, with the key that is wrong.
 */
export async function readBaseline(path: string): Promise<Baseline | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LoopBaselineError(
      `Cannot read loop baseline "${path}": it is no JSON`,
      { cause: error },
    );
  }
  if (!isRecord(value)) {
    throw new LoopBaselineError(
      `Cannot read loop baseline "${path}": it is no object`,
    );
  }
  for (const [key, entry] of Object.entries(value)) {
    const problem = problemOf(entry);
    if (problem !== null) {
      throw new LoopBaselineError(
        `Cannot read loop baseline "${path}": "${key}" ${problem}`,
      );
    }
  }
  return value as Baseline;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function problemOf(entry: unknown): string | null {
  if (!isRecord(entry)) return "is no object";
  const { budgetMs, syncCalls, ...others } = entry;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `has an unknown field "${unknown}"`;
  if (budgetMs !== undefined && !isAmount(budgetMs)) {
    return "has a budgetMs that is no number above 0";
  }
  if (
    syncCalls !== undefined &&
    !(isRecord(syncCalls) && Object.values(syncCalls).every(isAmount))
  ) {
    return "has syncCalls that are no numbers above 0";
  }
  return null;
}

/**
 * Changes a baseline: reads it, and puts the changed one in its place in one
 * step, so that no reader sees half of it. One writer at a time: test files
 * run in parallel.
 *
 * @param change Given what the file says now; null where there is none.
 */
export async function changeBaseline(
  path: string,
  change: (now: Baseline | null) => Baseline,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await using _lock = await lock(`${path}.lock`);
  const now = await readBaseline(path);
  const text = `${JSON.stringify(change(now), null, 2)}\n`;
  if (now !== null && text === `${JSON.stringify(now, null, 2)}\n`) return;
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(draft, text, { createNew: true });
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}

/** Holds a lock that ends with the process that holds it, and leaves no file. */
async function lock(path: string): Promise<AsyncDisposable> {
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      await file.lock(true);
      // The one who had it before has removed the file: it locks nothing.
      if (!await isStillAt(file, path)) {
        file.close();
        continue;
      }
    } catch (error) {
      file.close();
      throw error;
    }
    return {
      [Symbol.asyncDispose]: async () => {
        // Some systems do not remove open files; then it stays, and does no harm.
        await Deno.remove(path).catch(() => {});
        file.close();
      },
    };
  }
}

async function isStillAt(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [open, there] = await Promise.all([file.stat(), Deno.stat(path)]);
    return open.ino === there.ino && open.dev === there.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
