import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { z } from "zod";
import { defineJob } from "./define_job.ts";
import type { JobContext } from "./types.ts";

/** What was thrown to attempts, by the tag of the job. */
export const thrown = new Map<string, unknown[]>();

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

async function throughGate(gate: string | undefined, context: JobContext) {
  while (gate !== undefined && !await exists(gate)) {
    await delay(5, undefined, { signal: context.signal });
  }
}

/** Notes one effect in each of its steps; waits for a gate after one of them. */
const steps = defineJob({
  name: "steps",
  description: "For tests: steps that take effect once",
  resumes: "checkpoint",
  input: z.object({
    tag: z.string(),
    steps: z.number().int(),
    gateAfter: z.number().int().default(-1),
    gate: z.string().optional(),
    /** Step at which the first attempt fails, after its effect. */
    failAt: z.number().int().default(-1),
    /** It does not look at its signal while it waits. */
    deaf: z.boolean().default(false),
  }),
  async run(input, context) {
    const { tag, gate } = input;
    const from = (context.checkpoint as number | undefined) ?? 0;
    try {
      for (let step = from; step < input.steps; step++) {
        await context.step(step + 1, async (trx) => {
          await sql`insert into effects (tag, job, what)
            values (${tag}, ${context.id}, ${`step ${step}`})`.execute(trx);
          if (step === input.failAt && context.attempt === 1) {
            throw new Error("the step broke", {
              cause: new TypeError("a screw was loose"),
            });
          }
        });
        context.progress({
          done: step + 1,
          total: input.steps,
          doing: "going",
        });
        if (step === input.gateAfter) {
          await throughGate(
            gate,
            input.deaf
              ? { ...context, signal: new AbortController().signal }
              : context,
          );
        }
      }
    } catch (error) {
      thrown.set(tag, [...thrown.get(tag) ?? [], error]);
      throw error;
    }
    return { from, steps: input.steps };
  },
});

/** Notes that it has begun, waits for a gate, and answers its input. */
const wait = defineJob({
  name: "wait",
  description: "For tests: waits",
  input: z.object({ tag: z.string(), gate: z.string().optional() }),
  maxErrors: 1,
  async run({ tag, gate }, context) {
    await context.engine.executeSql(
      "insert into effects (tag, job, what) values ($1, $2, 'started')",
      [tag, context.id],
    );
    await throughGate(gate, context);
    return { tag };
  },
});

/** Asks a server that does not answer. */
const ask = defineJob({
  name: "ask",
  description: "For tests: fetches",
  input: z.object({ url: z.string() }),
  async run({ url }, { signal }) {
    const response = await fetch(url, { signal });
    return await response.text();
  },
});

/** Kinds that every ground has. */
export const testKinds = [steps, wait, ask];
