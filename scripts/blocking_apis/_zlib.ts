/** `node:zlib`: on Deno all of it runs on the calling thread. */
import type { BlockingSize } from "@loophound/toolkit/blocking_apis";
import type { NamedFact, Rule } from "./_fact.ts";

interface Speed {
  /** Measured on 1 MB of JSON text, with default options. */
  speed: string;
  /** Bytes that take about 5 ms. */
  over: number;
}

const SLOW: Speed = { speed: "28 ms per MB", over: 200_000 };
const UNPACK: Speed = { speed: "8 ms per MB of output", over: 500_000 };

const SPEEDS: Readonly<Record<string, Speed>> = {
  brotliCompress: {
    speed: "3 s per MB at its default quality of 11",
    over: 2_000,
  },
  deflate: SLOW,
  deflateRaw: SLOW,
  gzip: SLOW,
  zstdCompress: { speed: "7 ms per MB", over: 500_000 },
  brotliDecompress: UNPACK,
  gunzip: UNPACK,
  inflate: UNPACK,
  inflateRaw: UNPACK,
  unzip: UNPACK,
  zstdDecompress: { speed: "2 ms per MB of output", over: 2_000_000 },
};

const THREAD =
  "Do it in a thread: on Deno the forms with a callback and with a stream hold the loop as well.";

function isUnpacking(name: string): boolean {
  return /^(?:un|inflate|gun|.*Decompress)/.test(name);
}

/**
 * What counts is the size of what comes out; where it comes in a callback,
 * the tenth of it that may have come in stands for it.
 */
function sizeOf(name: string, { over }: Speed, sync: boolean): BlockingSize {
  if (!isUnpacking(name)) return { of: 0, over, unit: "bytes" };
  return sync
    ? { of: "result", over, unit: "bytes" }
    : { of: 0, over: over / 10, unit: "bytes" };
}

export const zlib: Rule = ({ module, name }) => {
  if (module !== "node:zlib") return undefined;
  const what = name.replace(/Sync$/, "");
  const speed = SPEEDS[what];
  if (speed === undefined) return undefined;
  return {
    kind: "cpu",
    size: sizeOf(what, speed, true),
    why: `${
      isUnpacking(what) ? "Unpacks" : "Compresses"
    } all it is given before it returns: ${speed.speed}.`,
    instead: THREAD,
  };
};

function capital(name: string): string {
  return `${name[0]!.toUpperCase()}${name.slice(1)}`;
}

export const namedZlib: readonly NamedFact[] = Object.entries(SPEEDS).flatMap(
  ([name, speed]): NamedFact[] => [
    {
      module: "node:zlib",
      name,
      nature: "in_name_only",
      kind: "cpu",
      size: sizeOf(name, speed, false),
      why: `Takes a callback and ${
        isUnpacking(name) ? "unpacks" : "compresses"
      } on the loop: ${speed.speed}.`,
      instead: "Do it in a thread.",
    },
    {
      module: "node:zlib",
      name: `create${capital(name)}`,
      nature: "in_name_only",
      kind: "cpu",
      why: `${
        isUnpacking(name) ? "Unpacks" : "Compresses"
      } each chunk on the loop: ${speed.speed}.`,
      instead:
        "Pipe through it in a thread; for an answer over HTTP, let the proxy compress.",
    },
    {
      module: "node:zlib",
      name: capital(name),
      call: "constructor",
      nature: "in_name_only",
      kind: "cpu",
      why: `${
        isUnpacking(name) ? "Unpacks" : "Compresses"
      } each chunk on the loop: ${speed.speed}.`,
      instead: "Pipe through it in a thread.",
    },
  ],
);
