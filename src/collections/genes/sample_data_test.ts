import assert from "node:assert/strict";
import { sampleLoads } from "./sample_data/mod.ts";

Deno.test("sampleLoads names every file of the bundled sample", async () => {
  const folder = new URL("./sample_data/", import.meta.url);
  const found: string[] = [];
  const read = async (at: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      if (isDirectory) await read(new URL(`${name}/`, at));
      else if (!["README.txt", "mod.ts"].includes(name)) {
        found.push(new URL(name, at).href);
      }
    }
  };
  await read(folder);
  assert.deepEqual(
    sampleLoads.map(({ file }) => file.href).sort(),
    found.sort(),
  );
  // Symbols resolve through it.
  assert.equal(sampleLoads[0]!.source, "hgnc");
});
