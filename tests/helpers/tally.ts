import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { defineCollection } from "../../src/collection.ts";
import { defineJob } from "../../src/jobs/mod.ts";

/** Milliseconds that a step takes, besides its transaction. */
const STEP_MS = 20;

/**
 * Adds a row a step to the table `tally`, which nothing keeps from holding a
 * step twice: so it shows when a step took effect twice or was left out.
 */
const tallyJob = defineJob({
  name: "tally",
  description: "For tests: adds a row to the table `tally` with each step",
  input: z.object({
    number: z.number().int(),
    steps: z.number().int().min(1).max(1_000),
  }),
  resumes: "checkpoint",
  async run({ number, steps }, context) {
    let done = typeof context.checkpoint === "number" ? context.checkpoint : 0;
    while (done < steps) {
      await delay(STEP_MS, undefined, { signal: context.signal });
      const step = done + 1;
      await context.step(step, async (transaction) => {
        await transaction.insertInto("tally")
          .values({ number, step, attempt: context.attempt }).execute();
      });
      done = step;
      context.progress({ done, total: steps, doing: "tallying" });
    }
    return { steps: done };
  },
});

/** A collection for tests: it has one kind of job, and no source. */
export const tally = defineCollection({
  name: "tally",
  migrations: [{
    name: "0001_tally",
    sql: "create table tally (number int, step int, attempt int)",
  }],
  sources: [],
  jobs: [tallyJob],
});
