import type { Context } from "hono";

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** The trace that a request belongs to, by its `traceparent` header. */
export function traceIdOf(c: Context): string | null {
  try {
    const header = c.req.raw.headers.get("traceparent");
    return header === null ? null : TRACEPARENT.exec(header)?.[1] ?? null;
  } catch {
    // Headers that nobody has read are gone with the request.
    return null;
  }
}
