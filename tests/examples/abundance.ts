import { checkRows } from "@loophound/toolkit/csv";
import { z } from "zod";
import { defineCollection, defineSource } from "../../src/collection.ts";
import { defineLoadTask } from "../../src/load_task.ts";
import { tableCounts } from "../../src/table_counts.ts";

const loadAbundance = defineLoadTask<Record<string, never>>({
  name: "load-abundance",
  module: import.meta.url, // the thread imports this module to find the task
  version: 1,
  async load({ open, publication, rejections }) {
    const { batches, stats } = checkRows(open(), {
      header: "skip",
      columns: [{ type: "text", required: true }, { type: "float" }],
      rejections,
    });
    const counts = await publication.loadTable({
      table: "abundance",
      columns: [
        { name: "protein", type: "text" },
        { name: "ppm", type: "double precision" },
      ],
      key: ["protein"],
      batches,
    });
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});

export const proteins = defineCollection({
  name: "proteins",
  migrations: [{
    name: "0001_abundance",
    sql: `create table abundance (protein text collate "C" primary key,
      ppm double precision)`,
  }],
  sources: [defineSource({
    name: "abundance",
    description: "Protein abundance: CSV with a header, protein and ppm",
    input: z.object({}),
    accepts: ["text/csv"],
    load: (input, context) => context.run(loadAbundance, input),
  })],
});
