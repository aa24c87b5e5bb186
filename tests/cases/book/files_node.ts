/** `node:fs`, by every way of importing it. */
import fs, { readFileSync, readFileSync as slurp } from "node:fs";
import * as everything from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { NAMELESS } from "../misses.ts";
import { readBlank, readLater } from "./_files.ts";
import { loadTemplate, pick } from "./_files_door.ts";
import { pause } from "./_work.ts";

export const app = new Hono();
const require = createRequire(import.meta.url);

app.get("/files/named", (c) => {
  const bytes = readFileSync("blank.bin"); // culprit: file_named_import
  return c.text(String(bytes.length));
});

app.get("/files/renamed", async (c) => {
  await pause(2);
  const bytes = slurp("blank.bin"); // culprit: file_renamed_import
  return c.text(String(bytes.length));
});

app.get("/files/default", (c) => {
  const bytes = fs.readFileSync("blank.bin"); // culprit: file_default_import
  return c.text(String(bytes.length));
});

app.get("/files/namespace", async (c) => {
  await pause(2);
  const bytes = everything.readFileSync("blank.bin"); // culprit: file_namespace_import
  return c.text(String(bytes.length));
});

app.get("/files/require", (c) => {
  const required = require("node:fs"); // short: file_require
  const bytes = required.readFileSync("blank.bin"); // culprit: file_require
  return c.text(String(bytes.length));
});

app.get("/files/dynamic", async (c) => {
  const imported = await import("node:fs");
  const bytes = imported.readFileSync("blank.bin"); // culprit: file_dynamic_import
  return c.text(String(bytes.length));
});

app.get("/files/built-in", (c) => {
  const builtIn = process.getBuiltinModule("node:fs");
  const bytes = builtIn.readFileSync("blank.bin"); // culprit: file_builtin_module
  return c.text(String(bytes.length));
});

app.get("/files/computed", (c) => {
  const bytes = fs["readFileSync"]("blank.bin"); // culprit: file_computed_member
  return c.text(String(bytes.length));
});

const read = fs.readFileSync;
app.get("/files/alias", async (c) => {
  await pause(2);
  const bytes = read("blank.bin"); // culprit: file_alias
  return c.text(String(bytes.length));
});

const { readFileSync: take } = fs;
app.get("/files/destructured", (c) => {
  const bytes = take("blank.bin"); // culprit: file_destructured
  return c.text(String(bytes.length));
});

app.get("/files/as-value", (c) => {
  const paths = ["blank.bin", "blank.bin"];
  const all = paths.map(sizeOf); // way: file_in_callback
  return c.json(all);
});
function sizeOf(path: string): number {
  return readFileSync(path).length; // culprit: file_in_callback
}

app.get("/files/apply", (c) => {
  const bytes = readFileSync.call(null, "blank.bin", {}); // culprit: file_call
  return c.text(String(bytes.length));
});

app.get("/files/helper", (c) => c.text(String(readBlank())));

app.get("/files/re-export", async (c) => c.text(String(await loadTemplate())));

app.get("/files/later", async (c) => c.text(String(await readLater())));

app.get("/files/chosen", (c) => {
  const bytes = pick("bytes")("blank.bin"); // culprit: file_chosen_at_run_time
  return c.text(String(bytes.length));
});

app.get("/files/text", async (c) => {
  await pause(1);
  const text = readFileSync("blank.bin", "utf8"); // culprit: file_as_text
  return c.text(String(text.length));
});

app.get("/files/many", (c) => {
  let size = 0;
  for (const name of fs.readdirSync("many")) { // culprit: file_many_stats
    size += fs.statSync(`many/${name}`).size; // culprit: file_many_stats
    size += fs.readFileSync(`many/${name}`).length; // culprit: file_many_stats
  }
  return c.json({ size });
});

app.put("/files/write", async (c) => {
  await pause(1);
  const bytes = new Uint8Array(48_000_000);
  fs.writeFileSync("written.bin", bytes); // culprit: file_write
  return c.text(String(bytes.length));
});

/** A job of the program itself, without a request. */
function reloadSoon(): Promise<number> {
  return new Promise((resolve) => {
    setTimeout(function reload() {
      const bytes = readFileSync("blank.bin"); // culprit: file_in_timer
      resolve(bytes.length);
    }, 3);
  });
}

type Label = Parameters<typeof block>[1];
const file = (
  label: Pick<Label, "title"> & Partial<Label>,
): Label => ({
  kind: "sync file",
  where: "first stretch",
  function: null,
  cause: "sync_io",
  api: "node:fs.readFileSync",
  blockMs: 120,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "file_named_import",
    file({
      title: 'import { readFileSync } from "node:fs"',
      request: "GET /files/named",
    }),
  ),
  block(
    "file_renamed_import",
    file({
      title: "import { readFileSync as slurp }",
      where: "after an await",
      request: "GET /files/renamed",
    }),
  ),
  block(
    "file_default_import",
    file({ title: "import fs", request: "GET /files/default" }),
  ),
  block(
    "file_namespace_import",
    file({
      title: "import * as",
      where: "after an await",
      request: "GET /files/namespace",
    }),
  ),
  block(
    "file_require",
    file({ title: "createRequire", request: "GET /files/require" }),
  ),
  block(
    "file_dynamic_import",
    file({
      title: "await import()",
      where: "after an await",
      request: "GET /files/dynamic",
    }),
  ),
  block(
    "file_builtin_module",
    file({
      title: "process.getBuiltinModule",
      request: "GET /files/built-in",
    }),
  ),
  block(
    "file_computed_member",
    file({
      title: 'fs["readFileSync"]',
      request: "GET /files/computed",
    }),
  ),
  block(
    "file_alias",
    file({
      title: "const read = fs.readFileSync",
      where: "after an await",
      request: "GET /files/alias",
    }),
  ),
  block(
    "file_destructured",
    file({
      title: "const { readFileSync: take } = fs",
      request: "GET /files/destructured",
    }),
  ),
  block(
    "file_in_callback",
    file({
      title: "a function given to .map()",
      where: "helper",
      request: "GET /files/as-value",
      function: "sizeOf",
    }),
  ),
  block(
    "file_call",
    file({
      title: "readFileSync.call()",
      request: "GET /files/apply",
    }),
  ),
  block(
    "file_helper",
    file({
      misses: {
        lint: { what: "report", why: "the helper is in another module" },
      },
      title: "a helper in another module",
      where: "helper",
      request: "GET /files/helper",
      function: "readBlank",
    }),
  ),
  block(
    "file_re_export",
    file({
      title: "a helper exported again under another name",
      where: "helper's continuation",
      request: "GET /files/re-export",
      function: "readTemplate",
    }),
  ),
  block(
    "file_continuation",
    file({
      title: "an asynchronous helper, after its own await",
      where: "helper's continuation",
      request: "GET /files/later",
      function: "readLater",
    }),
  ),
  block(
    "file_chosen_at_run_time",
    file({
      misses: {
        lint: {
          what: "report",
          why: "what is called is known at run time only",
        },
      },
      title: "a function chosen from a table at run time",
      request: "GET /files/chosen",
    }),
  ),
  block(
    "file_as_text",
    file({
      title: "readFileSync as text",
      where: "after an await",
      request: "GET /files/text",
    }),
  ),
  block(
    "file_many_stats",
    file({
      title: "3,000 small files, one after the other",
      request: "GET /files/many",
      api: "node:fs.statSync",
    }),
  ),
  block(
    "file_write",
    file({
      title: "writeFileSync of 48 MB",
      where: "after an await",
      request: "PUT /files/write",
      api: "node:fs.writeFileSync",
    }),
  ),
  block(
    "file_in_timer",
    file({
      title: "a timer of the program's own",
      where: "timer",
      start: async () => void await reloadSoon(),
      function: "reload",
    }),
  ),
];
