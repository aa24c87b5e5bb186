import type { HeavyFormat } from "./types.ts";

const encoder = new TextEncoder();

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const firstBytes = 32 * 1024;

/**
 * How rows come: for JSON as one text value, the row's JSON. For CSV as one
 * text value, the row as a record, or as their columns: on the embedded engine
 * a value on the wire costs 3 µs whatever it is, and a record is read two to
 * five times as fast; on a server it is the columns that are fast (1 M rows of
 * four: 0.9 s, as psql; as records 2.4 s).
 */
export type RowShape = "single" | "columns";

/**
 * Turns rows of the wire protocol into the bytes of an answer, without making
 * a string or an object of any value. What the database is to answer, see
 * {@linkcode heavySql}.
 */
export class RowBytes {
  readonly #format: HeavyFormat;
  readonly #shape: RowShape;
  #bytes = new Uint8Array(firstBytes);
  #length = 0;
  /** Rows taken so far. */
  rows = 0;
  /** Bytes made so far. */
  total = 0;

  constructor(format: HeavyFormat, shape: RowShape) {
    this.#format = format;
    this.#shape = shape;
    if (format === "json") this.#byte(0x5b);
  }

  /** Bytes that wait for {@linkcode take}. */
  get waiting(): number {
    return this.#length;
  }

  /** Takes the columns' names before the first row: CSV's header. */
  header(names: readonly string[]): void {
    if (this.#format !== "csv") return;
    const header = names.map((name) =>
      /[",\r\n]/.test(name) || name === ""
        ? `"${name.replaceAll('"', '""')}"`
        : name
    ).join(",");
    const bytes = encoder.encode(`${header}\r\n`);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Takes the DataRow whose body starts at `start`. */
  row(bytes: Uint8Array, view: DataView, start: number): void {
    switch (this.#format) {
      case "csv":
        if (this.#shape === "columns") this.#columns(bytes, view, start);
        else this.#record(bytes, view, start);
        break;
      case "raw":
        if (this.rows === 0) this.#first(bytes, view, start);
        break;
      case "json":
        if (this.rows > 0) this.#byte(comma);
        this.#first(bytes, view, start);
        break;
      case "ndjson":
        this.#first(bytes, view, start);
        this.#byte(lineFeed);
    }
    this.rows++;
  }

  end(): void {
    if (this.#format === "json") this.#byte(0x5d);
  }

  /** What was made since the last call; its buffer is the caller's. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.total += this.#length;
    // As large as the last chunk was: most answers come in equal chunks.
    this.#bytes = new Uint8Array(Math.max(firstBytes, this.#length));
    this.#length = 0;
    return taken;
  }

  /** Null is nothing, an empty text is `""`, as COPY has it. */
  #columns(bytes: Uint8Array, view: DataView, start: number): void {
    let at = start + 2;
    for (let left = view.getInt16(start); left > 0; left--) {
      const length = view.getInt32(at);
      at += 4;
      if (length !== -1) {
        this.#field(bytes, at, at + length);
        at += length;
      }
      if (left > 1) this.#byte(comma);
    }
    this.#byte(carriageReturn);
    this.#byte(lineFeed);
  }

  #field(bytes: Uint8Array, start: number, end: number): void {
    // Room for the worst: every byte a quote, doubled, and two around.
    this.#reserve((end - start) * 2 + 2);
    const out = this.#bytes;
    const from = this.#length;
    let to = from;
    let plain = end > start;
    for (let at = start; at < end && plain; at++) {
      const byte = bytes[at]!;
      // Of what needs quotes nothing is above a comma.
      plain = byte > comma ||
        (byte !== comma && byte !== quote && byte !== lineFeed &&
          byte !== carriageReturn);
      out[to++] = byte;
    }
    if (!plain) {
      to = from;
      out[to++] = quote;
      for (let at = start; at < end; at++) {
        const byte = bytes[at]!;
        if (byte === quote) out[to++] = quote;
        out[to++] = byte;
      }
      out[to++] = quote;
    }
    this.#length = to;
  }

  /**
   * Writes a record in the text form of PostgreSQL, `(1,"a ""b"" c",,"")`, as
   * a line of CSV: without the parentheses, backslashes single again, quotes
   * only where CSV needs them.
   */
  #record(bytes: Uint8Array, view: DataView, start: number): void {
    const length = view.getInt32(start + 2);
    const last = start + 6 + length - 1;
    this.#reserve(length + 2);
    const out = this.#bytes;
    let to = this.#length;
    for (let at = start + 7; at < last; at++) {
      const byte = bytes[at]!;
      if (byte !== quote) {
        out[to++] = byte;
        continue;
      }
      const opened = to;
      let needed = false;
      out[to++] = quote;
      for (at++;; at++) {
        const inner = bytes[at]!;
        if (inner === quote) {
          if (bytes[at + 1] !== quote) break;
          needed = true;
          out[to++] = quote;
          at++;
        } else if (inner === backslash) at++;
        else if (
          inner === comma || inner === lineFeed || inner === carriageReturn
        ) needed = true;
        out[to++] = inner;
      }
      if (needed || to === opened + 1) out[to++] = quote;
      else out.copyWithin(opened, opened + 1, to--);
    }
    out[to++] = carriageReturn;
    out[to++] = lineFeed;
    this.#length = to;
  }

  #first(bytes: Uint8Array, view: DataView, start: number): void {
    const length = view.getInt32(start + 2);
    if (length <= 0) return;
    this.#reserve(length);
    this.#bytes.set(
      bytes.subarray(start + 6, start + 6 + length),
      this.#length,
    );
    this.#length += length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, needed));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/**
 * The statement that answers a heavy query in a format. The database makes
 * JSON itself: both engines then write every type alike, numbers with all
 * their digits, times in ISO 8601, and nothing is parsed on the way.
 */
export function heavySql(
  sql: string,
  format: HeavyFormat,
  shape: RowShape,
): string {
  const query = sql.replace(/[;\s]+$/, "");
  if (format === "raw" || (format === "csv" && shape === "columns")) {
    return query;
  }
  const row = format === "csv" ? "q::text" : "row_to_json(q)::text";
  // The line break ends a comment that the query may end with.
  return `select ${row} from (${query}\n) as q`;
}
