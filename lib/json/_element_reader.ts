import { findInvalidUtf8, FormatError } from "@loophound/toolkit/csv";
import { findFault, Grammar } from "./_grammar.ts";
import { Position } from "./_position.ts";
import { Rest } from "./_rest.ts";
import { INCOMPLETE, JsonFault, nameOf, skipSpace } from "./_tokens.ts";
import { ValueScanner } from "./_value_scanner.ts";
import type { JsonElement } from "./json_elements.ts";

const QUOTE = 34;
const OPEN_OBJECT = 123;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;

export interface ElementReaderOptions {
  path: readonly string[];
  maxElementBytes: number;
  maxRestBytes: number;
}

/** What one stretch of bytes gave. */
export interface ReadResult {
  elements: JsonElement[];
  /** Offset of the first byte that must come again, with more after it. */
  used: number;
  /** Met after the elements. */
  fault?: unknown;
}

/** Goes through a document stretch by stretch. */
export class ElementReader {
  readonly rest: Rest;
  readonly #options: ElementReaderOptions;
  readonly #grammar = new Grammar();
  readonly #values = new ValueScanner();
  readonly #position = new Position();
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });
  /** Keys of the path that lead to where the reader is. */
  #matched = 0;
  /** For each key of the path, whether it has been met. */
  readonly #met: boolean[] = [];
  /** The key whose value comes next, if it belongs in `rest`. */
  #restKey: string | undefined;
  #inArray = false;
  #found = false;

  constructor(options: ElementReaderOptions) {
    this.#options = options;
    this.rest = new Rest(options.path, options.maxRestBytes);
  }

  /**
   * Reads as far as the bytes go.
   *
   * @param last Nothing comes after them.
   */
  read(bytes: Uint8Array, last: boolean): ReadResult {
    const elements: JsonElement[] = [];
    let at = 0;
    try {
      for (;;) {
        at = skipSpace(bytes, at);
        this.#position.moveTo(bytes, at);
        if (at === bytes.length) break;
        const next = this.#step(bytes, at, last, elements);
        if (next === INCOMPLETE) break;
        at = next;
      }
      if (last) this.#finish(bytes, at);
    } catch (error) {
      return { elements, used: at, fault: this.#toFormatError(error, bytes) };
    }
    this.#position.rebase(at);
    return { elements, used: at };
  }

  #step(
    bytes: Uint8Array,
    at: number,
    last: boolean,
    elements: JsonElement[],
  ): number {
    const grammar = this.#grammar;
    if (grammar.atValue) {
      if (this.#inArray) {
        const element = this.#element(bytes, at, last, elements);
        if (element !== undefined) return element;
      } else if (this.#restKey !== undefined) {
        const member = this.#restMember(bytes, at, last);
        if (member !== undefined) return member;
      } else if (grammar.depth === this.#matched) {
        this.#enter(bytes, at);
      }
    }
    return this.#token(bytes, at, last);
  }

  /** Takes one token of what stands outside of elements. */
  #token(bytes: Uint8Array, at: number, last: boolean): number {
    const grammar = this.#grammar;
    const { maxElementBytes } = this.#options;
    const isString = bytes[at] === QUOTE;
    const isKey = isString && !grammar.atValue && this.#inPathObject;
    const next = grammar.take(bytes, at, last);
    const length = (next === INCOMPLETE ? bytes.length : next) - at;
    if (length > maxElementBytes) {
      throw new JsonFault(
        `a value is longer than ${maxElementBytes} bytes`,
        at,
      );
    }
    if (next === INCOMPLETE) return next;
    if (isString) checkUtf8(bytes, at, next);
    if (isKey) this.#takeKey(bytes, at, next);
    if (grammar.depth === this.#matched) {
      // What the last matched key leads to has ended, if anything has.
      if (grammar.expected === "end" || grammar.expected === ", or }") {
        this.#inArray = false;
        this.#matched = Math.max(0, this.#matched - 1);
        this.rest.leaveTo(this.#matched);
      }
    }
    return next;
  }

  /** The next key may be one of the path. */
  get #inPathObject(): boolean {
    return !this.#inArray && this.#matched < this.#options.path.length &&
      this.#grammar.depth === this.#matched + 1;
  }

  #takeKey(bytes: Uint8Array, at: number, end: number): void {
    const { path } = this.#options;
    const key = this.#parse(bytes, at, end) as string;
    const level = this.#matched;
    if (key !== path[level]) {
      this.#restKey = key;
      return;
    }
    if (this.#met[level]) {
      throw new JsonFault(`${this.#name(level + 1)} is there twice`, at);
    }
    this.#met[level] = true;
    this.#matched++;
    if (this.#matched < path.length) this.rest.enter(key);
  }

  /** Checks that the path goes on at `at`. */
  #enter(bytes: Uint8Array, at: number): void {
    const leads = this.#matched < this.#options.path.length;
    if (bytes[at] !== (leads ? OPEN_OBJECT : OPEN_ARRAY)) {
      const kind = leads ? "object" : "array";
      throw new JsonFault(`${this.#name(this.#matched)} is no ${kind}`, at);
    }
    this.#inArray = !leads;
    this.#found = !leads;
  }

  /** Takes an element, unless what comes next is none. */
  #element(
    bytes: Uint8Array,
    at: number,
    last: boolean,
    elements: JsonElement[],
  ): number | undefined {
    // The opening bracket itself has not been taken yet, or the array ends.
    if (this.#grammar.depth === this.#matched) return undefined;
    if (bytes[at] === CLOSE_ARRAY) return undefined;
    const { maxElementBytes } = this.#options;
    const end = this.#values.end(bytes, at, last);
    if (end === at) return undefined;
    const length = (end === INCOMPLETE ? bytes.length : end) - at;
    if (length > maxElementBytes) {
      // Usually a quote or bracket is missing: then that is what is told.
      const fault = findFault(bytes.subarray(0, at + maxElementBytes), at);
      throw fault instanceof JsonFault ? fault : new JsonFault(
        `the element is longer than ${maxElementBytes} bytes`,
        at,
      );
    }
    if (end === INCOMPLETE) return this.#incomplete(bytes, at, last);
    const { line, column } = this.#position;
    const value = this.#parse(bytes, at, end);
    elements.push({ line, column, value });
    return this.#valueDone(end);
  }

  /** Takes a member into `rest`, unless that would grow too large. */
  #restMember(
    bytes: Uint8Array,
    at: number,
    last: boolean,
  ): number | undefined {
    const key = this.#restKey!;
    const end = this.#values.end(bytes, at, last);
    if (end === at) return undefined;
    const length = (end === INCOMPLETE ? bytes.length : end) - at + key.length;
    if (!this.rest.fits(length)) {
      this.#restKey = undefined;
      this.rest.omit(key);
      return undefined;
    }
    if (end === INCOMPLETE) return this.#incomplete(bytes, at, last);
    this.rest.add(key, this.#parse(bytes, at, end), length);
    this.#restKey = undefined;
    return this.#valueDone(end);
  }

  #valueDone(end: number): number {
    this.#grammar.valueDone();
    this.#position.jumpTo(end, this.#values.lines, this.#values.lineStart);
    return end;
  }

  #incomplete(bytes: Uint8Array, at: number, last: boolean): number {
    if (!last) return INCOMPLETE;
    const fault = findFault(bytes, at);
    if (fault instanceof JsonFault) throw fault;
    const { line, column } = this.#position;
    throw new JsonFault(
      `the file ends inside the value that starts at line ${line}, column ${column}`,
      bytes.length,
    );
  }

  #parse(bytes: Uint8Array, start: number, end: number): unknown {
    let text: string;
    try {
      text = this.#decoder.decode(bytes.subarray(start, end));
    } catch (error) {
      checkUtf8(bytes, start, end);
      throw error;
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      const fault = findFault(bytes.subarray(0, end), start);
      throw fault instanceof JsonFault
        ? fault
        : new JsonFault((error as Error).message, start);
    }
  }

  /** Called where the bytes are over and nothing comes after them. */
  #finish(bytes: Uint8Array, at: number): void {
    const { expected } = this.#grammar;
    if (at < bytes.length) {
      throw new JsonFault("the file ends inside a string", bytes.length);
    }
    if (expected !== "end") {
      throw new JsonFault(
        `the file ends where ${expected} belongs`,
        bytes.length,
      );
    }
    if (!this.#found) {
      const name = this.#name(this.#options.path.length);
      throw new JsonFault(`${name} is not there`, bytes.length);
    }
  }

  /** How the value at a level of the path is called in a message. */
  #name(level: number): string {
    const path = this.#options.path.slice(0, level);
    return path.length === 0 ? "the document" : `"${path.join(".")}"`;
  }

  #toFormatError(error: unknown, bytes: Uint8Array): unknown {
    if (!(error instanceof JsonFault)) return error;
    this.#position.moveTo(bytes, error.offset);
    const { line, column } = this.#position;
    return new FormatError(error.message, { line, column });
  }
}

function checkUtf8(bytes: Uint8Array, start: number, end: number): void {
  const at = findInvalidUtf8(bytes, start, end);
  if (at >= 0) throw new JsonFault(`${nameOf(bytes[at])} is not UTF-8`, at);
}
