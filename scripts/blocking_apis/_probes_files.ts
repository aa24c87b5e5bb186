import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import { promisify } from "node:util";
import { MB, type Probe, sampleText } from "./_probe.ts";

export async function fileProbes(): Promise<Probe[]> {
  const folder = await Deno.makeTempDir({ prefix: "loophound-measure-" });
  globalThis.addEventListener(
    "unload",
    () => Deno.removeSync(folder, { recursive: true }),
  );
  const path = `${folder}/hundred`;
  const content = sampleText(100 * MB);
  const bytes = new TextEncoder().encode(content);
  await Deno.writeFile(path, bytes);
  const input = "100 MB";
  return [
    { id: "Deno.readFile", run: () => Deno.readFile(path) },
    { id: "Deno.readTextFile", run: () => Deno.readTextFile(path) },
    { id: "Deno.writeFile", run: () => Deno.writeFile(path, bytes) },
    { id: "Deno.writeTextFile", run: () => Deno.writeTextFile(path, content) },
    { id: "node:fs.readFile", run: () => promisify(fs.readFile)(path) },
    {
      id: "node:fs.readFile utf8",
      run: () =>
        new Promise((resolve) =>
          fs.readFile(path, "utf8", (_, it) => resolve(it))
        ),
    },
    {
      id: "node:fs.writeFile",
      run: () => promisify(fs.writeFile)(path, bytes),
    },
    { id: "node:fs/promises.readFile", run: () => promises.readFile(path) },
    {
      id: "node:fs/promises.readFile utf8",
      run: () => promises.readFile(path, "utf8"),
    },
    {
      id: "node:fs/promises.writeFile",
      run: () => promises.writeFile(path, bytes),
    },
    {
      id: "node:fs/promises.writeFile text",
      run: () => promises.writeFile(path, content),
    },
    {
      id: "node:fs.openAsBlob",
      run: () => fs.openAsBlob(path),
    },
  ].map((probe) => ({ ...probe, input }));
}
