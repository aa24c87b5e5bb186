import assert from "node:assert/strict";
import { sampleFiles } from "./sample_files.ts";

Deno.test("sampleFiles names every file of the bundled sample", async () => {
  const folder = new URL("./sample_data/", import.meta.url);
  const found: string[] = [];
  const read = async (at: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      if (isDirectory) await read(new URL(`${name}/`, at));
      else if (name !== "README.txt") found.push(new URL(name, at).href);
    }
  };
  await read(folder);
  assert.deepEqual(
    sampleFiles.map(({ file }) => file.href).sort(),
    found.sort(),
  );
  assert.equal(sampleFiles[0]!.source, "hgnc");
});
