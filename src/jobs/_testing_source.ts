import { defineTask } from "@loophound/toolkit/offload";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { defineSource } from "../collection.ts";
import { connect } from "../db/connect.ts";
import { InputError, type LoadTaskInput } from "../load_input.ts";
import type { LoadTaskOutput } from "../load_task.ts";

/** What the sources for tests take. */
export const testFields = z.object({
  /** Tells the effects of one load from those of another. */
  tag: z.string().default("one"),
  /** How many times it fails before it succeeds. */
  failures: z.number().default(0),
  error: z.enum(["InputError", "Error"]).default("Error"),
  /** It goes on until this file is there. */
  gate: z.string().optional(),
  /** It does not listen to its signal. */
  deaf: z.boolean().default(false),
  wrongSums: z.boolean().default(false),
  /** It holds a lock, as a load of a table does, from before it says so. */
  locks: z.boolean().default(false),
  /** It makes its rows visible before it waits. */
  commits: z.boolean().default(false),
});

type Fields = z.output<typeof testFields>;

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

const output: LoadTaskOutput = {
  bytes: 1_000,
  rows: 10,
  accepted: 8,
  rejected: 2,
  duplicates: 1,
  inserted: 4,
  updated: 1,
  unchanged: 1,
  unresolved: 1,
  removed: 0,
  reasons: [{ reason: "no number", count: 2, examples: [] }],
  sha256: "ab",
  cpu_s: 0.1,
};

/** Notes in the table `effects` when it starts and when it ends. */
export const testTask = defineTask({
  name: "testTask",
  module: import.meta.url,
  threadClass: "load",
  async run(
    input: LoadTaskInput<Fields>,
    { signal, progress },
  ): Promise<LoadTaskOutput> {
    const { tag, failures, error, gate, deaf, locks, wrongSums, commits } =
      input.fields;
    await using connection = await connect(input.db);
    if (locks) await connection.lock(tag, { signal });
    const note = (what: string) =>
      connection.query(
        "insert into effects (tag, job, what) values ($1, $2, $3)",
        [tag, input.id, what],
      );
    await note("started");
    if (failures > 0) {
      const { rows } = await connection.query<{ count: number }>(
        `select count(*)::int as count from effects
         where tag = $1 and what = 'started'`,
        [tag],
      );
      if ((rows[0]?.count ?? 0) <= failures) {
        if (error === "InputError") {
          throw new InputError("no such column", { line: 3, column: 7 });
        }
        throw new Error("the disk is on fire");
      }
    }
    if (commits) {
      const { sha256, cpu_s: _, ...counts } = output;
      await connection.query(
        `insert into source_state
           (source, part, sha256, loader_version, load_id, bytes, counts)
         values ('test', $1, $2, 1, $3, 1000, $4::text::jsonb)`,
        [tag, sha256, input.id, JSON.stringify(counts)],
      );
    }
    for (let done = 0; gate !== undefined && !await exists(gate);) {
      if (!deaf) signal.throwIfAborted();
      // Now and then it goes back, as a faulty source may.
      progress({
        done: done % 5 === 4 ? 1 : done,
        total: 1_000,
        doing: "looping",
      });
      done++;
      await delay(5);
    }
    await note("ended");
    return wrongSums ? { ...output, rejected: 3 } : output;
  },
});

/** Reads a file. */
export const testSource = defineSource({
  name: "test",
  description: "For tests",
  input: testFields,
  load: (fields, context) => context.run(testTask, fields),
});

/** Reads no file. */
export const testService = defineSource({
  name: "test_service",
  kind: "service",
  description: "For tests",
  input: testFields,
  load: (fields, context) => context.run(testTask, fields),
});
