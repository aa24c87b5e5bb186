import { DeadlineError } from "@loophound/toolkit/limits";

/** What every error of the client tells. */
export interface HttpErrorFacts {
  /**
   * The URL without user, query and fragment: keys are often in there, and
   * errors are logged.
   */
  readonly url: string;
  /** Host name, with the port where it is not the scheme's own. */
  readonly host: string;
}

/** What a call was doing when its deadline passed. */
export type HttpPhase =
  | "waiting for a place"
  | "waiting for the answer"
  | "waiting to try again"
  | "reading the body"
  | "parsing the body";

/** `https://user:key@host/path?token=1#x` as `https://host/path`. */
export function printableUrl(url: URL | string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** What all errors of the client have in common but {@linkcode HttpDeadlineError}. */
export abstract class HttpError extends Error implements HttpErrorFacts {
  readonly url: string;
  readonly host: string;

  constructor(message: string, url: URL | string, options?: ErrorOptions) {
    super(message, options);
    this.url = printableUrl(url);
    this.host = new URL(url).host;
  }
}

/** The URL is not one that the client asks: its scheme, port or credentials. */
export class UrlRefusedError extends HttpError {
  override readonly name = "UrlRefusedError";

  constructor(url: URL | string, why: string) {
    super(`Cannot request ${printableUrl(url)}: ${why}`, url);
  }
}

/** The host's address is private, and `allow` does not name it. */
export class AddressRefusedError extends HttpError {
  override readonly name = "AddressRefusedError";
  /** The addresses that the host has. */
  readonly addresses: readonly string[];

  constructor(url: URL | string, addresses: readonly string[], kind: string) {
    super(
      `Cannot request ${printableUrl(url)}: its address ${
        addresses.join(", ")
      } is no public one (${kind}); name it in "allow" if it is meant`,
      url,
    );
    this.addresses = addresses;
  }
}

/** A redirect that is not followed: one too many, in a circle, or impossible. */
export class RedirectError extends HttpError {
  override readonly name = "RedirectError";
  /** The URLs that led there, first to last, as {@linkcode HttpErrorFacts.url}. */
  readonly chain: readonly string[];

  constructor(chain: readonly URL[], why: string) {
    const printed = chain.map(printableUrl);
    super(
      `Cannot follow redirect of ${printed[0]}: ${why} (${
        printed.join(" → ")
      })`,
      chain.at(-1)!,
    );
    this.chain = printed;
  }
}

/** The body is larger than it may be. */
export class BodyTooLargeError extends HttpError {
  override readonly name = "BodyTooLargeError";
  /** Bytes it may have. */
  readonly limitBytes: number;
  /** Bytes seen, or announced, when it was given up; the body has more. */
  readonly seenBytes: number;

  constructor(
    url: URL | string,
    { doing, limitBytes, seenBytes, advice = "" }: {
      /** `read`, `parse the JSON of`. */
      doing: string;
      limitBytes: number;
      seenBytes: number;
      advice?: string;
    },
  ) {
    super(
      `Cannot ${doing} ${
        printableUrl(url)
      }: ${seenBytes} bytes are over the limit of ${limitBytes}${
        advice && `; ${advice}`
      }`,
      url,
    );
    this.limitBytes = limitBytes;
    this.seenBytes = seenBytes;
  }
}

/** There was no connection, or it broke off, or what came is no HTTP. */
export class ConnectionError extends HttpError {
  override readonly name = "ConnectionError";
  /** `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, where there is one. */
  readonly code: string | undefined;

  constructor(url: URL | string, phase: HttpPhase, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code;
    const detail = (cause instanceof Error && cause.message) || code ||
      String(cause);
    super(
      `Cannot request ${printableUrl(url)}: ${detail}, while ${phase}`,
      url,
      { cause },
    );
    this.code = typeof code === "string" ? code : undefined;
  }
}

/** The server answered with a status that means failure. */
export class HttpStatusError extends HttpError {
  override readonly name = "HttpStatusError";
  readonly status: number;
  /** Milliseconds that `Retry-After` asks for, where it does. */
  readonly retryAfterMs: number | undefined;
  /** The start of the body, at most 1,000 characters. */
  readonly excerpt: string;

  constructor(
    url: URL | string,
    { status, retryAfterMs, excerpt }: {
      status: number;
      retryAfterMs: number | undefined;
      excerpt: string;
    },
  ) {
    super(`Cannot use ${printableUrl(url)}: it answered ${status}`, url);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.excerpt = excerpt;
  }
}

/** The body is not what it should be: damaged gzip, no JSON. */
export class BodyFormatError extends HttpError {
  override readonly name = "BodyFormatError";

  constructor(
    url: URL | string,
    { doing, why, cause }: { doing: string; why: string; cause?: unknown },
  ) {
    super(
      `Cannot ${doing} ${printableUrl(url)}: ${why}`,
      url,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** The client is closed: the call was refused or aborted. */
export class ClientClosedError extends HttpError {
  override readonly name = "ClientClosedError";

  constructor(url: URL | string) {
    super(
      `Cannot request ${printableUrl(url)}: the HTTP client is closed`,
      url,
    );
  }
}

/**
 * The call's deadline passed. Its name is `TimeoutError`, as that of every
 * deadline; tell it from others by its class.
 */
export class HttpDeadlineError extends DeadlineError implements HttpErrorFacts {
  readonly url: string;
  readonly host: string;
  /** What took so long. */
  readonly phase: HttpPhase;

  constructor(url: URL | string, phase: HttpPhase, deadlineMs: number) {
    super(`${printableUrl(url)} (${phase})`, deadlineMs);
    this.url = printableUrl(url);
    this.host = new URL(url).host;
    this.phase = phase;
  }
}
