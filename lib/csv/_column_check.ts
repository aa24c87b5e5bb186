import { BACKSLASH, DOT } from "./_bytes.ts";
import type { BatchBuilder } from "./_batch_builder.ts";
import {
  DOUBLED,
  QUOTED,
  type RecordScanner,
  SPECIAL,
} from "./_record_scanner.ts";
import { floatFault, integerFault } from "./numbers.ts";

/** What a column's values must be. */
export interface ColumnCheck {
  /**
   * `text`; `float`: a finite number that `double precision` takes;
   * `integer`: 32 bits; `bigint`: 64 bits. An empty number is NULL.
   */
  type: "text" | "float" | "integer" | "bigint";
  /** Put before the reason of a rejection: `tpm: not a number`. */
  name?: string;
  /**
   * A row whose field is empty is rejected.
   *
   * @default {false}
   */
  required?: boolean;
  /**
   * An empty text becomes NULL instead of `''`.
   *
   * @default {false}
   */
  nullIfEmpty?: boolean;
  /**
   * A longer text is rejected, bytes of UTF-8.
   *
   * @default {Infinity}
   */
  maxBytes?: number;
  /**
   * The column is checked but left out of the output.
   *
   * @default {false}
   */
  omit?: boolean;
}

/** What is wrong with a field of the record just scanned, or `undefined`. */
export function fieldFault(
  check: ColumnCheck,
  bytes: Uint8Array,
  scanner: RecordScanner,
  column: number,
): string | undefined {
  const start = scanner.starts[column]!;
  const end = scanner.ends[column]!;
  if (start === end) {
    return check.required ? named(check, "required field is empty") : undefined;
  }
  let fault: string | undefined;
  switch (check.type) {
    case "text":
      // With doubled quotes the exact length is only counted when it matters.
      if (end - start > (check.maxBytes ?? Infinity)) {
        fault = textLength(bytes, scanner, column) > check.maxBytes!
          ? "text is too long"
          : undefined;
      }
      break;
    case "float":
      fault = floatFault(bytes, start, end);
      break;
    default:
      fault = integerFault(
        bytes,
        start,
        end,
        check.type === "bigint" ? 64 : 32,
      );
  }
  return fault === undefined ? undefined : named(check, fault);
}

function named(check: ColumnCheck, reason: string): string {
  return check.name === undefined ? reason : `${check.name}: ${reason}`;
}

function textLength(
  bytes: Uint8Array,
  scanner: RecordScanner,
  column: number,
): number {
  const start = scanner.starts[column]!;
  const end = scanner.ends[column]!;
  if ((scanner.flags[column]! & DOUBLED) === 0) return end - start;
  let length = end - start;
  for (let i = start; i < end; i++) {
    if (bytes[i] === 34) {
      length--;
      i++;
    }
  }
  return length;
}

/** Writes a field of the record just scanned as COPY's CSV form wants it. */
export function appendField(
  builder: BatchBuilder,
  check: ColumnCheck,
  bytes: Uint8Array,
  scanner: RecordScanner,
  column: number,
): void {
  const start = scanner.starts[column]!;
  const end = scanner.ends[column]!;
  const flags = scanner.flags[column]!;
  if (start === end) {
    // Unquoted, nothing is NULL; quoted, it is the empty text.
    if (check.type === "text" && !check.nullIfEmpty) {
      builder.appendQuoted(bytes, start, end, false);
    }
    return;
  }
  const endMarker = end - start === 2 && bytes[start] === BACKSLASH &&
    bytes[start + 1] === DOT;
  if (check.type === "text" && ((flags & (QUOTED | SPECIAL)) || endMarker)) {
    const doubled = (flags & QUOTED) !== 0;
    builder.appendQuoted(bytes, start, end, doubled);
  } else {
    builder.appendBytes(bytes, start, end);
  }
}
