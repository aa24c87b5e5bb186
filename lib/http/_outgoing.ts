import { RedirectError, UrlRefusedError } from "./errors.ts";
import type { HttpInit } from "./types.ts";

/** A body that can be sent again, or a stream, which cannot. */
export type OutgoingBody =
  | Uint8Array<ArrayBuffer>
  | ReadableStream<Uint8Array>
  | null;

/** A request as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: OutgoingBody;
}

// Set by the transport; the lengths of bodies that are no streams too.
const TRANSPORT_HEADERS = [
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Whether the request may be sent a second time. */
export function isRepeatable({ method, body }: Outgoing): boolean {
  return REPEATABLE.has(method) && !(body instanceof ReadableStream);
}

/** Reads what callers give as the platform does, by its own `Request`. */
export async function createOutgoing(
  input: string | URL | Request,
  init: HttpInit,
  { url, userAgent }: { url: URL; userAgent: string },
): Promise<Outgoing> {
  // Only what a Request knows: the rest is for this client.
  const { method, headers, body } = init;
  const request = new Request(input instanceof Request ? input : url, {
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  });
  const isStream = init.body === undefined || init.body === null
    ? request.body !== null
    : init.body instanceof ReadableStream;
  const sent = new Headers(request.headers);
  for (const name of TRANSPORT_HEADERS) sent.delete(name);
  if (!isStream) sent.delete("content-length");
  if (!sent.has("user-agent")) sent.set("user-agent", userAgent);
  if (!sent.has("accept")) sent.set("accept", "*/*");
  if (!sent.has("accept-encoding")) {
    sent.set("accept-encoding", "gzip, br, deflate");
  }
  return {
    method: request.method,
    url,
    headers: sent,
    body: request.body === null
      ? null
      : isStream
      ? request.body
      : new Uint8Array(await request.arrayBuffer()),
  };
}

/** Cancels a stream that nobody has begun to send; who sends it cancels it. */
export function dropBody({ body }: Outgoing, reason: unknown): void {
  if (!(body instanceof ReadableStream) || body.locked) return;
  // Its source may fail in being cancelled: the call has failed already.
  body.cancel(reason).catch(() => {});
}

/**
 * The URL that a call is for.
 *
 * @throws {TypeError} There is none.
 * @throws {UrlRefusedError} It holds a user or password.
 */
export function readUrl(input: string | URL | Request): URL {
  const text = input instanceof Request ? input.url : input;
  const url = URL.parse(text);
  if (url === null) {
    throw new TypeError(
      `Cannot request "${String(text).slice(0, 200)}": it is no absolute URL`,
    );
  }
  url.hash = "";
  if (url.username !== "" || url.password !== "") {
    throw new UrlRefusedError(
      url,
      "it holds a user or password; send them in the header Authorization",
    );
  }
  return url;
}

/** What statuses 301, 302, 303, 307 and 308 lead to, or undefined. */
export function redirectTarget(
  { url }: Outgoing,
  status: number,
  headers: Headers,
): URL | string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = headers.get("location");
  if (location === null) return undefined;
  const target = URL.parse(location, url);
  if (target === null) return location;
  target.hash = "";
  return target;
}

/**
 * The request that a redirect leads to, by the rules of `fetch()`.
 *
 * @throws {RedirectError} The body was a stream, which has been sent.
 */
export function follow(
  { method, url, headers, body }: Outgoing,
  { status, target, chain }: {
    status: number;
    target: URL;
    chain: readonly URL[];
  },
): Outgoing {
  const next = new Headers(headers);
  if (target.origin !== url.origin) {
    for (const name of ["authorization", "cookie", "proxy-authorization"]) {
      next.delete(name);
    }
  }
  const becomesGet = status === 303
    ? method !== "GET" && method !== "HEAD"
    : (status === 301 || status === 302) && method === "POST";
  if (becomesGet) {
    for (const name of [...next.keys()]) {
      if (name.startsWith("content-")) next.delete(name);
    }
    return { method: "GET", url: target, headers: next, body: null };
  }
  if (body instanceof ReadableStream) {
    throw new RedirectError(
      chain,
      `${status} wants the body again, and it was a stream`,
    );
  }
  return { method, url: target, headers: next, body };
}
