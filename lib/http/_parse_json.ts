import { defineTask } from "@loophound/toolkit/offload";
import { readAll } from "./_read.ts";
import type { HttpBody } from "./types.ts";

/** What came of parsing in a thread. */
export type Parsed =
  /** JSON of what was picked, small enough for the loop. */
  | { json: Uint8Array<ArrayBuffer> }
  /** Bytes of what was picked, which is too large for the loop. */
  | { tooLarge: number }
  | { fault: string };

/** Parses a body and answers the part that was picked, again as JSON. */
export const parseJsonBody = defineTask({
  name: "parseJsonBody",
  module: import.meta.url,
  run: async (
    { body, input }: HttpBody<{ pick: string; maxBytes: number }>,
  ): Promise<Parsed> => {
    const bytes = await readAll(
      body as ReadableStream<Uint8Array<ArrayBuffer>>,
    );
    try {
      return packResult(
        pickPart(parseJson(bytes), input.pick),
        input.maxBytes,
      );
    } catch (error) {
      return { fault: (error as Error).message };
    }
  },
});

/** A result as it goes back to the loop. */
export function packResult(value: unknown, maxBytes: number): Parsed {
  const json = new TextEncoder().encode(JSON.stringify(value));
  return json.length > maxBytes ? { tooLarge: json.length } : { json };
}

/** @throws {SyntaxError} It is no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * Follows a JSON pointer (RFC 6901).
 *
 * @throws {RangeError} It leads nowhere.
 */
export function pickPart(document: unknown, pointer: string): unknown {
  if (pointer === "") return document;
  if (!pointer.startsWith("/")) {
    throw new RangeError(
      `"${pointer}" is no JSON pointer: it starts with no /`,
    );
  }
  let at = document;
  for (const part of pointer.slice(1).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const isIndex = !Array.isArray(at) || /^(?:0|[1-9]\d*)$/.test(key);
    if (
      typeof at !== "object" || at === null || !isIndex ||
      !Object.hasOwn(at, key)
    ) {
      throw new RangeError(`it has no ${pointer}`);
    }
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
