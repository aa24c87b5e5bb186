import { timingSafeEqual } from "node:crypto";
import type { Context, Next } from "hono";
import { ProblemError } from "../src/errors.ts";

/** Options of {@linkcode writeGuard}. */
export interface WriteGuardOptions {
  /** `API_TOKEN`; undefined: writing works on loopback only. */
  token: string | undefined;
  /** The server listens on a loopback address, and on no other. */
  isLoopback: () => boolean;
}

const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Compares in a time that does not tell how much of it is right. */
export function sameToken(given: string, expected: string): boolean {
  const encoder = new TextEncoder();
  const a = encoder.encode(given);
  const b = encoder.encode(expected);
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

/**
 * Middleware for writing routes. With a token, the request must bear it.
 * Without one, the server must listen on loopback, and the request must not
 * come from another site's page: a browser on the same machine would send it
 * there for anybody (`Origin`), or under another name (`Host`).
 */
export function writeGuard(options: WriteGuardOptions) {
  return async function writeGuard(c: Context, next: Next): Promise<void> {
    if (options.token !== undefined) {
      const header = c.req.header("authorization") ?? "";
      const given = /^Bearer\s+(.+)$/i.exec(header)?.[1] ?? "";
      if (!sameToken(given, options.token)) {
        throw new ProblemError("unauthorized", {
          detail: "Writing needs the header Authorization: Bearer <API_TOKEN>",
        });
      }
      return await next();
    }
    if (!options.isLoopback()) {
      throw new ProblemError("unauthorized", {
        detail:
          "Writing is off: the server listens beyond loopback and API_TOKEN is not set",
      });
    }
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    const origin = c.req.header("origin");
    if (
      !LOOPBACK_NAMES.test(host) ||
      (origin !== undefined && origin !== `http://${host}`)
    ) {
      throw new ProblemError("unauthorized", {
        detail:
          "Writing without API_TOKEN is refused for pages of other sites and for host names other than loopback's",
      });
    }
    await next();
  };
}
