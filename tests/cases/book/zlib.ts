/** Compression: the synchronous kind, and the asynchronous in name only. */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import zlib, {
  brotliCompressSync,
  createGzip,
  deflateSync,
  gunzipSync,
  gzip,
  gzipSync,
} from "node:zlib";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { WITHOUT_FRAME } from "../misses.ts";
import { inputs, prepareRows } from "./_inputs.ts";
import { pause } from "./_work.ts";

export const app = new Hono();
const gzipLater = promisify(gzip);
let zipped: Uint8Array<ArrayBuffer> = new Uint8Array(0);

async function prepareZipped(): Promise<void> {
  prepareRows();
  if (zipped.length === 0) {
    const bytes = await gzipLater(inputs.bytes); // short: zlib_decompress
    zipped = new Uint8Array(bytes);
  }
}

app.get("/zlib/gzip-sync", (c) => {
  const out = gzipSync(inputs.bytes); // culprit: zlib_gzip_sync
  return c.text(String(out.length));
});

app.get("/zlib/brotli-sync", async (c) => {
  await pause(2);
  const out = brotliCompressSync(inputs.bytes.subarray(0, 80_000)); // culprit: zlib_brotli_sync
  return c.text(String(out.length));
});

function pack(bytes: Uint8Array): number {
  return deflateSync(bytes, { level: 9 }).length; // culprit: zlib_deflate_sync
}
app.get("/zlib/deflate-sync", (c) => {
  const size = pack(inputs.bytes.subarray(0, 5_000_000)); // way: zlib_deflate_sync
  return c.json({ size });
});

app.get("/zlib/gunzip-sync", async (c) => {
  await pause(1);
  let size = 0;
  for (let i = 0; i < 3; i++) {
    size += gunzipSync(zipped).length; // culprit: zlib_gunzip_sync
  }
  return c.text(String(size));
});

app.get("/zlib/callback", (c) =>
  new Promise<Response>((resolve, reject) => {
    zlib.gzip(inputs.bytes, (error, out) => { // culprit: zlib_callback
      if (error) reject(error);
      else resolve(c.text(String(out.length)));
    });
  }));

app.get("/zlib/promise", async (c) => {
  const out = await gzipLater(inputs.bytes); // culprit: zlib_promisified
  return c.text(String(out.length));
});

app.get("/zlib/stream", async (c) => {
  let size = 0;
  await pipeline(
    Readable.from([Buffer.from(inputs.bytes)]),
    createGzip(), // culprit: zlib_stream
    async (source: AsyncIterable<Uint8Array>) => {
      for await (const chunk of source) size += chunk.length;
    },
  );
  return c.text(String(size));
});

app.get("/zlib/web-stream", () => {
  const body = new Response(inputs.bytes).body!;
  return new Response(body.pipeThrough(new CompressionStream("gzip"))); // culprit: zlib_web_stream
});

app.post("/zlib/upload", async (c) => {
  const body = c.req.raw.body ?? new ReadableStream();
  const plain = body.pipeThrough(new DecompressionStream("gzip")); // culprit: zlib_decompress
  let size = 0;
  for await (const chunk of plain) size += chunk.length;
  return c.text(String(size));
});

type Label = Parameters<typeof block>[1];
const squeeze = (
  label: Pick<Label, "title" | "request" | "api"> & Partial<Label>,
): Label => ({
  kind: "zlib",
  where: "first stretch",
  cause: "cpu",
  prepare: prepareRows,
  function: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "zlib_gzip_sync",
    squeeze({
      title: "gzipSync of 20 MB",
      request: "GET /zlib/gzip-sync",
      api: "node:zlib.gzipSync",
    }),
  ),
  block(
    "zlib_brotli_sync",
    squeeze({
      title: "brotliCompressSync of 80 KB, after an await",
      where: "after an await",
      request: "GET /zlib/brotli-sync",
      api: "node:zlib.brotliCompressSync",
    }),
  ),
  block(
    "zlib_deflate_sync",
    squeeze({
      title: "deflateSync of 5 MB in a helper",
      where: "helper",
      request: "GET /zlib/deflate-sync",
      api: "node:zlib.deflateSync",
      function: "pack",
    }),
  ),
  block(
    "zlib_gunzip_sync",
    squeeze({
      title: "gunzipSync, after an await",
      where: "after an await",
      request: "GET /zlib/gunzip-sync",
      api: "node:zlib.gunzipSync",
      prepare: prepareZipped,
    }),
  ),
  block(
    "zlib_callback",
    squeeze({
      misses: WITHOUT_FRAME,
      title: "zlib.gzip with a callback",
      request: "GET /zlib/callback",
      api: "node:zlib.gzip",
    }),
  ),
  block(
    "zlib_promisified",
    squeeze({
      misses: WITHOUT_FRAME,
      title: "promisify(gzip)",
      request: "GET /zlib/promise",
      api: "node:zlib.gzip",
    }),
  ),
  block(
    "zlib_stream",
    squeeze({
      misses: WITHOUT_FRAME,
      title: "createGzip in a pipeline",
      where: "stream callback",
      request: "GET /zlib/stream",
      api: "node:zlib.createGzip",
    }),
  ),
  block(
    "zlib_web_stream",
    squeeze({
      misses: WITHOUT_FRAME,
      title: "CompressionStream of an answer",
      where: "stream callback",
      request: "GET /zlib/web-stream",
      api: "CompressionStream",
    }),
  ),
  block(
    "zlib_decompress",
    squeeze({
      misses: WITHOUT_FRAME,
      title: "DecompressionStream of an upload",
      where: "stream callback",
      request: "POST /zlib/upload",
      body: async () => {
        await prepareZipped();
        return zipped;
      },
      api: "DecompressionStream",
    }),
  ),
];
