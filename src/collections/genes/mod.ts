import { defineCollection } from "../../collection.ts";
import { migrations } from "./migrations.ts";
import { sampleLoads } from "./sample_data/mod.ts";
import { sources } from "./sources/mod.ts";

/** Genes, the evidence for them, and what is known of each. */
export const genes = defineCollection({
  name: "genes",
  migrations,
  sources,
  sample: sampleLoads,
});
