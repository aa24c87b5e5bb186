/**
 * Messages of PostgreSQL's wire protocol 3.0 that a client sends. Both
 * engines are spoken to in it where rows must not become objects on the way:
 * the embedded engine through its thread, a server in the heavy lane.
 */

const encoder = new TextEncoder();

/** One text parameter; null is SQL's. */
export type TextValue = string | null;

class MessageWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(
      Math.max(this.#bytes.length * 2, this.#length + size),
    );
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  message(tag: string, body?: () => void): this {
    this.#reserve(5);
    this.#bytes[this.#length] = tag.charCodeAt(0);
    const start = this.#length + 1;
    this.#length += 5;
    body?.();
    this.#view.setInt32(start, this.#length - start);
    return this;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#length, value);
    this.#length += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  /** Text without a terminator; returns its length in bytes. */
  text(value: string): number {
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(value.length * 3);
    const { written } = encoder.encodeInto(
      value,
      this.#bytes.subarray(this.#length),
    );
    this.#length += written;
    return written;
  }

  zeroTerminated(value: string): void {
    this.text(value);
    this.#reserve(1);
    this.#bytes[this.#length++] = 0;
  }

  value(value: TextValue): void {
    if (value === null) {
      this.int32(-1);
      return;
    }
    this.#reserve(4);
    const at = this.#length;
    this.#length += 4;
    // First the text: it may move everything to a larger buffer.
    const length = this.text(value);
    this.#view.setInt32(at, length);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** The simple protocol: one or several statements, no parameters. */
export function simpleQuery(sql: string): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter();
  return writer.message("Q", () => writer.zeroTerminated(sql)).finish();
}

/** Options of {@linkcode extendedQuery}. */
export interface ExtendedQueryOptions {
  /** Asks for the columns of this statement first, which is not run. */
  described?: string | undefined;
  /**
   * Rows after which the server stops; 0: none.
   *
   * @default {0}
   */
  maxRows?: number;
}

/**
 * The extended protocol: one statement. Parameters go as text without a type,
 * so the server infers the types as it does for `npm:pg`.
 */
export function extendedQuery(
  sql: string,
  values: readonly TextValue[],
  options: ExtendedQueryOptions = {},
): Uint8Array<ArrayBuffer> {
  const { described, maxRows = 0 } = options;
  if (values.length > 65_535) {
    throw new RangeError(
      `Cannot send ${values.length} parameters: a statement takes at most 65535`,
    );
  }
  const writer = new MessageWriter();
  const parse = (text: string) =>
    writer.message("P", () => {
      writer.zeroTerminated("");
      writer.zeroTerminated(text);
      writer.int16(0);
    });
  if (described !== undefined) {
    parse(described).message("D", () => writer.raw(statement));
  }
  return parse(sql)
    .message("B", () => {
      writer.zeroTerminated("");
      writer.zeroTerminated("");
      writer.int16(0);
      writer.int16(values.length);
      for (const value of values) writer.value(value);
      writer.int16(0);
    })
    .message("D", () => writer.raw(portal))
    .message("E", () => {
      writer.zeroTerminated("");
      writer.int32(maxRows);
    })
    .message("S")
    .finish();
}

/** "P" and an empty name: the unnamed portal. */
const portal = new Uint8Array([0x50, 0]);
/** "S" and an empty name: the unnamed statement. */
const statement = new Uint8Array([0x53, 0]);

/** `COPY … FROM STDIN` with all its bytes. */
export function copyIn(
  sql: string,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter();
  return writer
    .message("Q", () => writer.zeroTerminated(sql))
    .message("d", () => writer.raw(bytes))
    .message("c")
    .finish();
}
