/** The `Sync` functions of Deno, by every way of getting at them. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/deno/plain", (c) => {
  const bytes = Deno.readFileSync("blank.bin"); // culprit: deno_plain
  return c.text(String(bytes.length));
});

app.get("/deno/async", async (c) => {
  await pause(2);
  const text = Deno.readTextFileSync("blank.bin"); // culprit: deno_in_async
  return c.text(String(text.length));
});

const { readTextFileSync } = Deno;
app.get("/deno/destructured", async (c) => {
  await pause(1);
  const text = readTextFileSync("blank.bin"); // culprit: deno_destructured
  return c.text(String(text.length));
});

app.get("/deno/bracket", async (c) => {
  await pause(1);
  const bytes = Deno["readFileSync"]("blank.bin"); // culprit: deno_bracket
  return c.text(String(bytes.length));
});

const d = Deno;
app.get("/deno/alias", async (c) => {
  await pause(1);
  const bytes = d.readFileSync("blank.bin"); // culprit: deno_alias
  return c.text(String(bytes.length));
});

app.get("/deno/global", async (c) => {
  await pause(1);
  const bytes = globalThis.Deno.readFileSync("blank.bin"); // culprit: deno_global
  return c.text(String(bytes.length));
});

app.get("/deno/file", async (c) => {
  using file = await Deno.open("blank.bin");
  const chunk = new Uint8Array(64_000_000);
  const read = file.readSync(chunk); // culprit: deno_file_read
  return c.json({ read });
});

class Templates {
  async load(): Promise<number> {
    await pause(1);
    return Deno.readFileSync("blank.bin").length; // culprit: deno_async_method
  }

  static size(): number {
    return Deno.readFileSync("blank.bin").length; // culprit: deno_static_method
  }
}
const templates = new Templates();
app.get("/deno/method", async (c) => c.json(await templates.load()));
app.get("/deno/static", async (c) => {
  await pause(1);
  return c.json(Templates.size()); // way: deno_static_method
});

app.get("/deno/inner", async (c) => {
  await pause(1);
  const sizeOf = (path: string) => Deno.readFileSync(path).length; // culprit: deno_inner_closure
  return c.json(["blank.bin"].map(sizeOf));
});

app.get("/deno/as-value", (c) => {
  const all = ["blank.bin"].map(read); // culprit: deno_as_value
  return c.json(all.length);
});
const read: (path: string) => Uint8Array = Deno.readFileSync;

app.get("/deno/copy", (c) => {
  let copied = 0;
  for (let i = 0; i < 3; i++) {
    Deno.writeFileSync("copied.bin", Deno.readFileSync("blank.bin")); // culprit: deno_write
    copied += Deno.statSync("copied.bin").size; // culprit: deno_write
  }
  return c.json({ copied });
});

app.get("/deno/folder", async (c) => {
  await pause(1);
  let size = 0;
  for (const folder of ["many", "many"]) {
    for (const { name } of Deno.readDirSync(folder)) { // culprit: deno_folder
      size += Deno.lstatSync(`${folder}/${name}`).size; // culprit: deno_folder
      size += Deno.readTextFileSync(`${folder}/${name}`).length; // culprit: deno_folder
    }
  }
  return c.json({ size });
});

type Label = Parameters<typeof block>[1];
const file = (
  label: Pick<Label, "title" | "request"> & Partial<Label>,
): Label => ({
  kind: "sync file",
  where: "after an await",
  function: null,
  cause: "sync_io",
  api: "Deno.readFileSync",
  blockMs: 120,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "deno_plain",
    file({
      title: "Deno.readFileSync in a handler that is not async",
      where: "first stretch",
      request: "GET /deno/plain",
    }),
  ),
  block(
    "deno_in_async",
    file({
      title: "Deno.readTextFileSync in an async handler",
      request: "GET /deno/async",
      api: "Deno.readTextFileSync",
    }),
  ),
  block(
    "deno_destructured",
    file({
      title: "const { readTextFileSync } = Deno",
      request: "GET /deno/destructured",
      api: "Deno.readTextFileSync",
    }),
  ),
  block(
    "deno_bracket",
    file({
      title: 'Deno["readFileSync"]',
      request: "GET /deno/bracket",
    }),
  ),
  block(
    "deno_alias",
    file({ title: "const d = Deno", request: "GET /deno/alias" }),
  ),
  block(
    "deno_global",
    file({ title: "globalThis.Deno", request: "GET /deno/global" }),
  ),
  block(
    "deno_file_read",
    file({
      title: "FsFile#readSync",
      request: "GET /deno/file",
      api: "Deno.FsFile.prototype.readSync",
    }),
  ),
  block(
    "deno_async_method",
    file({
      title: "an async method",
      where: "helper's continuation",
      request: "GET /deno/method",
      function: "load",
    }),
  ),
  block(
    "deno_static_method",
    file({
      title: "a static method that is not async",
      where: "helper",
      request: "GET /deno/static",
      function: "size",
    }),
  ),
  block(
    "deno_inner_closure",
    file({
      title: "a closure inside an async handler",
      request: "GET /deno/inner",
      function: "sizeOf",
    }),
  ),
  block(
    "deno_as_value",
    file({
      title: "Deno.readFileSync given to .map()",
      where: "first stretch",
      request: "GET /deno/as-value",
    }),
  ),
  block(
    "deno_write",
    file({
      title: "Deno.writeFileSync",
      where: "first stretch",
      request: "GET /deno/copy",
      api: "Deno.writeFileSync",
      blockMs: 600,
    }),
  ),
  block(
    "deno_folder",
    file({
      title: "Deno.readDirSync and what is in the folder",
      request: "GET /deno/folder",
      api: "Deno.readDirSync",
    }),
  ),
];
