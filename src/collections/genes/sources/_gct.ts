import {
  FormatError,
  type Line,
  lines,
  type RejectionLog,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { GctRows } from "./_gct_rows.ts";
import { tissueId } from "./_tissue_id.ts";

/** What was found in a GCT file; final when its batches have been read. */
export interface GctFound {
  rows: number;
  tissues: string[];
}

/** A GCT file as rows for COPY: gencode id, symbol, array of values. */
export interface Gct {
  batches: AsyncIterable<RowBatch>;
  found: Readonly<GctFound>;
}

/** Options of {@linkcode readGct}. */
export interface GctOptions {
  rejections: RejectionLog;
  maxLineBytes: number;
}

const decoder = new TextDecoder();

/** The start of a line for a message, on one line whatever it holds. */
function quoted(line: Line): string {
  return JSON.stringify(decoder.decode(line.bytes.subarray(0, 60)));
}

function checkVersion(line: Line): void {
  if (decoder.decode(line.bytes).trim() === "#1.2") return;
  throw new FormatError(
    `a GCT 1.2 file begins with "#1.2", this one with ${quoted(line)}`,
    { line: line.line, column: 1 },
  );
}

/** Line 2: the numbers of genes and tissues. */
function dimensionsOf(line: Line): { genes: number; tissues: number } {
  const found = /^(\d{1,9})\t(\d{1,6})$/.exec(
    decoder.decode(line.bytes).trim(),
  );
  if (found === null) {
    throw new FormatError(
      `the numbers of genes and tissues belong here, not ${quoted(line)}`,
      { line: line.line, column: 1 },
    );
  }
  return { genes: Number(found[1]), tissues: Number(found[2]) };
}

/** Line 3: the ids of the tissues, as many as line 2 announces. */
function tissuesOf(line: Line, announced: number): string[] {
  const [name = "", description = "", ...tissues] = decoder.decode(line.bytes)
    .split("\t");
  if (
    name.trim().toLowerCase() !== "name" ||
    description.trim().toLowerCase() !== "description"
  ) {
    throw new FormatError(
      `the columns "Name" and "Description" belong here, not ${quoted(line)}`,
      { line: line.line, column: 1 },
    );
  }
  if (tissues.length !== announced) {
    throw new FormatError(
      `the header has ${tissues.length} tissues, line 2 announces ${announced}`,
      { line: line.line, column: 1 },
    );
  }
  const ids = tissues.map(tissueId);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw new FormatError(`tissue "${id}" is there twice`, {
        line: line.line,
        column: 1,
      });
    }
    seen.add(id);
  }
  return ids;
}

/**
 * Reads a GCT 1.2 file in memory that does not grow with it.
 *
 * @throws {FormatError} While being read: it is no GCT 1.2, or the numbers of
 *   genes and tissues are not those that line 2 announces.
 */
export function readGct(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: GctOptions,
): Gct {
  const { rejections, maxLineBytes } = options;
  const found: GctFound = { rows: 0, tissues: [] };

  async function* batches(): AsyncGenerator<RowBatch> {
    let out = new GctRows(0);
    let announced = { genes: 0, tissues: 0 };
    let last = 0;
    for await (const batch of lines(chunks, { maxLineBytes })) {
      for (const line of batch) {
        last = line.line;
        if (last === 1) {
          checkVersion(line);
        } else if (last === 2) {
          announced = dimensionsOf(line);
        } else if (last === 3) {
          found.tissues = tissuesOf(line, announced.tissues);
          out = new GctRows(announced.tissues);
        } else if (line.bytes.length > 0) {
          found.rows++;
          const fault = out.add(line.bytes);
          if (fault !== undefined) {
            const text = decoder.decode(line.bytes.subarray(0, 200));
            rejections.add({ line: last, ...fault, text });
          }
          if (out.full) yield out.take();
        }
      }
    }
    if (last < 3) {
      throw new FormatError("the file ends before the names of its tissues", {
        line: last + 1,
        column: 1,
      });
    }
    if (found.rows !== announced.genes) {
      throw new FormatError(
        `the file has ${found.rows} genes, line 2 announces ${announced.genes}`,
        { line: 2, column: 1 },
      );
    }
    if (out.rows > 0) yield out.take();
  }
  return { batches: batches(), found };
}
