import type { SqlResult } from "@loophound/toolkit/sql";
import { Buffer } from "node:buffer";
import pg from "pg";
import { parserOf } from "./_values.ts";

const decoder = new TextDecoder();

/** What the server answered to a message. */
export interface WireReply {
  /** One a statement. */
  results: (SqlResult & { command: string })[];
  /** The first error; what was sent after it was not run. */
  error: Error | undefined;
}

const errorFields: Record<string, string> = {
  S: "severity",
  C: "code",
  D: "detail",
  H: "hint",
  P: "position",
  p: "internalPosition",
  q: "internalQuery",
  W: "where",
  s: "schema",
  t: "table",
  c: "column",
  d: "dataType",
  n: "constraint",
  F: "file",
  L: "line",
  R: "routine",
};

function zeroFrom(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(0, start);
  return end === -1 ? bytes.length : end;
}

/** The class that `npm:pg` throws, so that callers see one on both engines. */
function readError(body: Uint8Array): Error {
  const fields: Record<string, string> = {};
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = zeroFrom(body, at + 1);
    fields[String.fromCharCode(body[at]!)] = decoder.decode(
      body.subarray(at + 1, end),
    );
    at = end + 1;
  }
  const error = new pg.DatabaseError(
    fields["M"] ?? "The database gave no reason",
    body.length,
    "error",
  );
  for (const [letter, name] of Object.entries(errorFields)) {
    if (fields[letter] !== undefined) {
      Object.assign(error, { [name]: fields[letter] });
    }
  }
  return error;
}

/** Column names and types of a RowDescription's body. */
export function readColumns(
  body: Uint8Array,
): { name: string; type: number }[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const columns: { name: string; type: number }[] = [];
  for (let at = 2, left = view.getInt16(0); left > 0; left--) {
    const end = zeroFrom(body, at);
    columns.push({
      name: decoder.decode(body.subarray(at, end)),
      type: view.getInt32(end + 7),
    });
    at = end + 19;
  }
  return columns;
}

/** Calls back for each whole message: its tag, and where its body is. */
export function eachMessage(
  bytes: Uint8Array,
  visit: (tag: number, start: number, end: number) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + view.getInt32(at + 1);
    visit(bytes[at]!, at + 5, end);
    at = end;
  }
}

/** Whether a reply holds an error. */
export function holdsError(bytes: Uint8Array): boolean {
  let found = false;
  eachMessage(bytes, (tag) => {
    if (tag === ErrorResponse) found = true;
  });
  return found;
}

export const ErrorResponse = 0x45;
export const RowDescription = 0x54;
export const DataRow = 0x44;
export const CommandComplete = 0x43;

// deno-lint-ignore no-control-regex -- all that is one byte in UTF-8
const notAscii = /[^\x00-\x7f]/;

/**
 * Reads a reply into row objects, with the values that `npm:pg` would make.
 *
 * The bytes become text in one call, a character a byte, and values are cut
 * out of it: a call to the decoder for each took twice as long.
 */
export function readReply(bytes: Uint8Array): WireReply {
  const reply: WireReply = { results: [], error: undefined };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const characters = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1");
  let names: string[] = [];
  let parsers: ((text: string) => unknown)[] = [];
  let rows: Record<string, unknown>[] = [];
  eachMessage(bytes, (tag, start, end) => {
    if (tag === DataRow) {
      const row: Record<string, unknown> = {};
      for (let column = 0, at = start + 2; column < names.length; column++) {
        const length = view.getInt32(at);
        at += 4;
        if (length === -1) {
          row[names[column]!] = null;
        } else {
          const text = characters.slice(at, at + length);
          row[names[column]!] = parsers[column]!(
            notAscii.test(text)
              ? decoder.decode(bytes.subarray(at, at + length))
              : text,
          );
          at += length;
        }
      }
      rows.push(row);
    } else if (tag === RowDescription) {
      const columns = readColumns(bytes.subarray(start, end));
      names = columns.map((column) => column.name);
      parsers = columns.map((column) => parserOf(column.type));
    } else if (tag === CommandComplete) {
      const text = decoder.decode(bytes.subarray(start, end - 1));
      const count = /\d+$/.exec(text);
      reply.results.push({
        rows,
        affected: count === null ? 0 : Number(count[0]),
        command: /^[A-Z]+/.exec(text)?.[0] ?? "",
      });
      rows = [];
    } else if (tag === ErrorResponse && reply.error === undefined) {
      reply.error = readError(bytes.subarray(start, end));
    }
  });
  return reply;
}
