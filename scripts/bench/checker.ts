import { checkRows, createRejectionLog } from "@loophound/toolkit/csv";
import { parse } from "csv-parse";
import { Readable } from "node:stream";
import type { Figure } from "./figure.ts";

const CHUNK = 64 * 1024;

/** Descartes-shaped lines, in chunks that cut them anywhere. */
function chunks(megabytes: number): Uint8Array<ArrayBuffer>[] {
  let text = "";
  for (let i = 0; text.length < 2 ** 20; i++) {
    text += `SYMBOL${i},${(i * 7919 % 1_000_003) / 977}\n`;
  }
  const bytes = new TextEncoder().encode(text.repeat(megabytes));
  const cut: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.byteLength; at += CHUNK) {
    cut.push(bytes.slice(at, at + CHUNK));
  }
  return cut;
}

async function* stream(all: readonly Uint8Array<ArrayBuffer>[]) {
  yield* all;
}

async function checkerSpeed(megabytes: number): Promise<number> {
  const input = chunks(megabytes);
  const started = performance.now();
  const { batches, stats } = checkRows(stream(input), {
    columns: [{ type: "text", required: true }, { type: "float" }],
    rejections: createRejectionLog(),
  });
  let bytes = 0;
  for await (const batch of batches) bytes += batch.bytes.byteLength;
  const seconds = (performance.now() - started) / 1000;
  if (stats.rejected > 0) throw new Error("The benchmark's rows are rejected");
  return bytes / 1e6 / seconds;
}

async function parserSpeed(megabytes: number): Promise<number> {
  const input = chunks(megabytes);
  const bytes = input.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const started = performance.now();
  const parser = Readable.from(input).pipe(parse());
  let rows = 0;
  for await (const _ of parser) rows++;
  if (rows === 0) throw new Error("The parser found no rows");
  return bytes / 1e6 / ((performance.now() - started) / 1000);
}

/** The byte checker in one thread, beside a strict parser. */
export async function benchChecker(): Promise<Figure[]> {
  await checkerSpeed(16);
  const speeds: number[] = [];
  for (let i = 0; i < 5; i++) speeds.push(await checkerSpeed(128));
  const median = speeds.sort((a, b) => a - b)[2]!;
  return [{
    section: "csv",
    figure: "byte checker, one thread, median of 5",
    value: median,
    unit: "MB/s",
    baseline: { what: "csv-parse", value: await parserSpeed(32) },
    goal: { text: "≥ 300", met: median >= 300 },
  }];
}
