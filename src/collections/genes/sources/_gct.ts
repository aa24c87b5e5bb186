import {
  FormatError,
  type Line,
  lines,
  type RejectionLog,
  type RowBatch,
  splitFields,
} from "@loophound/toolkit/csv";
import { floatFault } from "@loophound/toolkit/csv";
import { BATCH_ROWS, NAME_BYTES } from "./_limits.ts";
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

const TAB = "\t";
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
/** An array of 54 values has about 400 bytes: some 300 rows a batch. */
const BATCH_BYTES = 128 * 1024;

const decoder = new TextDecoder();

function textOf(line: Line): string {
  return decoder.decode(line.bytes);
}

function version(line: Line): void {
  const text = textOf(line).trim();
  if (text === "#1.2") return;
  throw new FormatError(
    `a GCT 1.2 file begins with "#1.2", this one with "${text.slice(0, 40)}"`,
    { line: line.line },
  );
}

function dimensions(line: Line): { genes: number; tissues: number } {
  const text = textOf(line).trim();
  const found = /^(\d{1,9})\t(\d{1,6})$/.exec(text);
  if (found === null) {
    throw new FormatError(
      `expected the numbers of genes and tissues, found "${text.slice(0, 40)}"`,
      { line: line.line },
    );
  }
  return { genes: Number(found[1]), tissues: Number(found[2]) };
}

function tissuesOf(line: Line, announced: number): string[] {
  const [name, description, ...tissues] = textOf(line).split(TAB);
  if (
    name?.trim().toLowerCase() !== "name" ||
    description?.trim().toLowerCase() !== "description"
  ) {
    throw new FormatError(
      'expected the columns "Name" and "Description" and the tissues',
      { line: line.line },
    );
  }
  if (tissues.length !== announced) {
    throw new FormatError(
      `the header has ${tissues.length} tissues, line 2 announces ${announced}`,
      { line: line.line },
    );
  }
  const ids = tissues.map(tissueId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new FormatError(`tissue "${twice}" is there twice`, {
      line: line.line,
    });
  }
  return ids;
}

/** COPY's CSV of accepted lines, built byte by byte: no number is decoded. */
class CopyRows {
  #bytes = new Uint8Array(BATCH_BYTES * 2);
  #length = 0;
  rows = 0;

  get full(): boolean {
    return this.#length >= BATCH_BYTES || this.rows >= BATCH_ROWS;
  }

  add(line: Uint8Array, fields: ArrayLike<number>): void {
    // Two fields may double in size by their quotes.
    this.#reserve(line.byteLength + (fields[3]! - fields[0]!) + 16);
    this.#text(line, fields[0]!, fields[1]!);
    this.#bytes[this.#length++] = COMMA;
    this.#text(line, fields[2]!, fields[3]!);
    this.#bytes[this.#length++] = COMMA;
    this.#bytes[this.#length++] = QUOTE;
    this.#bytes[this.#length++] = 123;
    for (let field = 4; field < fields.length; field += 2) {
      if (field > 4) this.#bytes[this.#length++] = COMMA;
      this.#copy(line, fields[field]!, fields[field + 1]!);
    }
    this.#bytes[this.#length++] = 125;
    this.#bytes[this.#length++] = QUOTE;
    this.#bytes[this.#length++] = 10;
    this.rows++;
  }

  take(): RowBatch {
    const batch = {
      bytes: this.#bytes.slice(0, this.#length),
      rows: this.rows,
    };
    this.#length = 0;
    this.rows = 0;
    return batch;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.byteLength) return;
    const grown = new Uint8Array((this.#length + size) * 2);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  #copy(line: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.#bytes[this.#length++] = line[i]!;
  }

  #text(line: Uint8Array, start: number, end: number): void {
    this.#bytes[this.#length++] = QUOTE;
    for (let i = start; i < end; i++) {
      if (line[i] === QUOTE) this.#bytes[this.#length++] = QUOTE;
      this.#bytes[this.#length++] = line[i]!;
    }
    this.#bytes[this.#length++] = QUOTE;
  }
}

interface Fault {
  column: number;
  reason: string;
}

function faultOf(
  bytes: Uint8Array,
  fields: ArrayLike<number>,
  tissues: number,
): Fault | undefined {
  if (fields.length !== (tissues + 2) * 2) {
    return {
      column: 1,
      reason: `expected ${tissues + 2} fields, found ${fields.length / 2}`,
    };
  }
  for (const [at, name] of [[0, "Name"], [2, "Description"]] as const) {
    const length = fields[at + 1]! - fields[at]!;
    const column = fields[at]! + 1;
    if (length === 0) return { column, reason: `${name}: is empty` };
    if (length > NAME_BYTES) return { column, reason: `${name}: is too long` };
  }
  for (let field = 4; field < fields.length; field += 2) {
    const start = fields[field]!;
    const end = fields[field + 1]!;
    const wrong = floatFault(bytes, start, end) ??
      (bytes[start] === MINUS && /[1-9]/.test(textOfBytes(bytes, start, end))
        ? "is negative"
        : undefined);
    if (wrong !== undefined) {
      return { column: start + 1, reason: `value: ${wrong}` };
    }
  }
  return undefined;
}

function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/**
 * Reads a GCT 1.2 file.
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
    const out = new CopyRows();
    let announced = { genes: 0, tissues: 0 };
    let seen = 0;
    for await (const batch of lines(chunks, { maxLineBytes })) {
      for (const line of batch) {
        seen++;
        if (seen === 1) version(line);
        else if (seen === 2) announced = dimensions(line);
        else if (seen === 3) found.tissues = tissuesOf(line, announced.tissues);
        else if (line.bytes.byteLength > 0) {
          found.rows++;
          const fields = splitFields(line.bytes, 0, line.bytes.length, TAB);
          const fault = faultOf(line.bytes, fields, announced.tissues);
          if (fault === undefined) out.add(line.bytes, fields);
          else {
            rejections.add({
              line: line.line,
              ...fault,
              text: decoder.decode(line.bytes.subarray(0, 200)),
            });
          }
          if (out.full) yield out.take();
        }
      }
    }
    if (seen < 3) {
      throw new FormatError("the file ends before its header", {
        line: seen + 1,
      });
    }
    if (found.rows !== announced.genes) {
      throw new FormatError(
        `the file has ${found.rows} genes, line 2 announces ${announced.genes}`,
        { line: 2 },
      );
    }
    if (out.rows > 0) yield out.take();
  }
  return { batches: batches(), found };
}
