import { jsonElements } from "@loophound/toolkit/json";
import type { LoadRun } from "../../../load_task.ts";

/** What a first reading of a file of evidence finds. */
export interface GenesScan {
  /** The document without `genes`. */
  about: Readonly<Record<string, unknown>>;
  /** Whether a symbol may be there more than once; a no is certain. */
  mayRepeat(symbol: string): boolean;
}

/** A bit for each of a number of hashes that is a power of two. */
class Bits {
  readonly #bytes: Uint8Array;

  constructor(bits: number) {
    this.#bytes = new Uint8Array(bits / 8);
  }

  has(hash: number): boolean {
    return (this.#bytes[hash >>> 3]! & (1 << (hash & 7))) !== 0;
  }

  add(hash: number): void {
    this.#bytes[hash >>> 3]! |= 1 << (hash & 7);
  }
}

/** FNV-1a of the UTF-16 units, mixed so that its low bits are good. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}

/**
 * So many bits that of the entries of a file, about one a hundred bytes, few
 * share one by chance; 2 x 32 MB at the most.
 */
function bitsFor(fileBytes: number): number {
  const wanted = Math.ceil(Math.log2(Math.max(1, 4 * fileBytes)));
  return 2 ** Math.min(28, Math.max(16, wanted));
}

/** The symbol of an entry, if it has one. */
export function symbolOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const symbol = (value as { symbol?: unknown }).symbol;
  return typeof symbol === "string" ? symbol.trim() : undefined;
}

/**
 * Reads `{…, "genes": […]}` a first time: what stands beside `genes`, which
 * may come after it, and which symbols may be there more than once, so that
 * the second reading holds on to these alone.
 *
 * @throws {FormatError} The JSON is broken, or has no `genes`.
 */
export async function scanGenes(run: LoadRun<unknown>): Promise<GenesScan> {
  const bits = bitsFor(run.input.file?.bytes ?? 0);
  const once = new Bits(bits);
  const again = new Bits(bits);
  const elements = jsonElements(run.open(), {
    path: ["genes"],
    maxElementBytes: run.input.maxRecordBytes,
  });
  for await (const batch of elements) {
    for (const { value } of batch) {
      const symbol = symbolOf(value);
      if (symbol === undefined) continue;
      const hash = hashOf(symbol) & (bits - 1);
      if (once.has(hash)) again.add(hash);
      else once.add(hash);
    }
  }
  return {
    about: elements.rest,
    mayRepeat: (symbol) => again.has(hashOf(symbol) & (bits - 1)),
  };
}
