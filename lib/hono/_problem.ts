import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What a problem document says. */
export interface Problem {
  /** Last segment of its `type`. */
  name: string;
  status: ContentfulStatusCode;
  title: string;
  detail: string;
  /** Sent as `Retry-After`. */
  retryAfterS?: number | null;
  /** Members beyond those of RFC 9457. */
  more?: Record<string, unknown>;
}

/** Answers an RFC 9457 problem document, with the headers that were set before. */
export function problemAnswer(c: Context, problem: Problem): Response {
  const { name, status, title, detail, retryAfterS = null, more } = problem;
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
  };
  if (retryAfterS !== null) headers["retry-after"] = String(retryAfterS);
  return c.body(
    JSON.stringify({
      type: `urn:loophound:problem:${name}`,
      title,
      status,
      detail,
      instance: c.req.path,
      ...more,
    }),
    status,
    headers,
  );
}
