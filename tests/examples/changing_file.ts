import { checkRows } from "@loophound/toolkit/csv";
import { z } from "zod";
import { defineCollection, defineSource } from "../../src/collection.ts";
import { defineLoadTask } from "../../src/load_task.ts";
import { tableCounts } from "../../src/table_counts.ts";

/** A load in the middle of which someone writes to the file. */
const loadWords = defineLoadTask<Record<string, never>>({
  name: "load-words",
  module: import.meta.url,
  version: 1,
  async load({ input, open, publication, rejections }) {
    const { batches, stats } = checkRows(open(), {
      columns: [{ type: "text", required: true }],
      rejections,
    });
    const counts = await publication.loadTable({
      table: "words",
      columns: [{ name: "word", type: "text" }],
      key: ["word"],
      batches,
    });
    const text = await Deno.readTextFile(input.file!.path);
    if (text.includes("changing")) {
      await Deno.writeTextFile(input.file!.path, "another\n");
    }
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});

export const words = defineCollection({
  name: "words",
  migrations: [{
    name: "0001_words",
    sql: `create table words (word text collate "C" primary key)`,
  }],
  sources: [defineSource({
    name: "words",
    description: "A word on each line",
    input: z.object({}),
    accepts: ["text/csv"],
    load: (input, context) => context.run(loadWords, input),
  })],
});
