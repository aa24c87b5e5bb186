import { createRowWriter } from "@loophound/toolkit/csv";
import { z } from "zod";
import { defineCollection, defineSource } from "../../src/collection.ts";
import { defineLoadTask } from "../../src/load_task.ts";
import { tableCounts } from "../../src/table_counts.ts";

const page = z.object({
  pairs: z.array(z.object({ a: z.string(), b: z.string(), score: z.number() })),
  next: z.string().nullable(),
});

const loadInteractions = defineLoadTask<{ url: string }>({
  name: "load-interactions",
  module: import.meta.url,
  version: 1,
  async load({ input, publication, signal, doing }) {
    let rows = 0;
    async function* batches() {
      let next: string | null = input.fields.url;
      while (next !== null) {
        doing(`fetching ${next}`);
        // Every outside call has a deadline, and ends with the job.
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(8_000)]);
        const response = await fetch(next, { signal: deadline });
        if (!response.ok) throw new Error(`${next}: ${response.status}`);
        // In a thread: parsing holds no loop.
        const { pairs, next: after } = page.parse(await response.json());
        const writer = createRowWriter();
        for (const { a, b, score } of pairs) {
          const full = writer.write([a, b, score]);
          if (full !== undefined) yield full;
        }
        const last = writer.flush();
        if (last !== undefined) yield last;
        rows += pairs.length;
        next = after === null ? null : new URL(after, next).href;
      }
    }
    const counts = await publication.loadTable({
      table: "interactions",
      columns: [
        { name: "a", type: "text" },
        { name: "b", type: "text" },
        { name: "score", type: "double precision" },
      ],
      key: ["a", "b"],
      batches: batches(),
    });
    return { part: "", counts: tableCounts(rows, counts) };
  },
});

export const networks = defineCollection({
  name: "networks",
  migrations: [{
    name: "0001_interactions",
    sql: `create table interactions (a text collate "C", b text collate "C",
      score double precision, primary key (a, b))`,
  }],
  sources: [defineSource({
    name: "interactions",
    kind: "service",
    description: "Interactions from a web service, page by page",
    input: z.object({ url: z.url() }),
    load: (input, context) => context.run(loadInteractions, input),
  })],
});
