import type {
  CircuitBreaker,
  HostLimits,
  LimitStats,
  RateLimit,
  RetryOptions,
} from "@loophound/toolkit/limits";
import type { Task, ThreadPool } from "@loophound/toolkit/offload";

/** Options of `createHttpClient`. */
export interface HttpClientOptions {
  /**
   * Names the client's own limits in statistics and reports.
   *
   * @default {"http"}
   */
  name?: string;
  /**
   * Sent as `User-Agent` by requests that have none. Say who you are and where
   * you can be reached.
   *
   * @default {"loophound-toolkit"}
   */
  userAgent?: string;
  /**
   * Whom it may ask besides the public Internet: `fingerprint.internal` (the
   * name, whatever its addresses), `fingerprint.internal:8080`,
   * `127.0.0.1:8766`, `[::1]:8766`, `10.0.0.0/8`.
   *
   * @default {[]}
   */
  allow?: readonly string[];
  /**
   * Milliseconds for a whole call: waiting for its turn, redirects, further
   * attempts, and reading the body. `Infinity` for none.
   *
   * @default {30_000}
   */
  deadlineMs?: number;
  /**
   * Milliseconds in which a server may send nothing of a body it has begun,
   * while someone reads it.
   *
   * @default {30_000}
   */
  stallMs?: number;
  /**
   * Milliseconds for connecting, TLS included.
   *
   * @default {10_000}
   */
  connectTimeoutMs?: number;
  /**
   * Bytes a body may have, counted when decompressed.
   *
   * @default {50_000_000}
   */
  maxBytes?: number;
  /**
   * Redirects that one call follows.
   *
   * @default {5}
   */
  maxRedirects?: number;
  /**
   * How many requests are under way in all and to each host. Give the same to
   * several clients and they share it.
   *
   * @default {createHostLimits(name): 20 in all, 5 a host}
   */
  limits?: HostLimits;
  /**
   * The rate limit of a host, asked for before each request; the host is as in
   * `HostLimits`. Answer the same one each time.
   */
  rateLimit?: (host: string) => RateLimit | undefined;
  /**
   * The circuit breaker of a host. Connections that fail and answers 429 and
   * 500 to 599 speak against a host. Answer the same one each time.
   */
  breaker?: (host: string) => CircuitBreaker | undefined;
  /**
   * How often and after which pauses a request is tried again that failed to
   * connect or was answered 429, 502, 503 or 504; `false`: never. Only methods
   * that may be repeated are (GET, HEAD, OPTIONS, PUT, DELETE), and only if
   * the body sent was no stream.
   *
   * @default {{ attempts: 3, minDelayMs: 500 }}
   */
  retry?:
    | Pick<
      RetryOptions,
      | "attempts"
      | "minDelayMs"
      | "maxDelayMs"
      | "factor"
      | "jitter"
      | "maxRetryAfterMs"
    >
    | false;
  /** Parses what is too large for the loop. */
  pool?: ThreadPool;
  /**
   * JSON of more bytes is parsed in the pool. `JSON.parse` takes 11 to 14 ms
   * a megabyte, so that the default holds the loop for 1.6 ms.
   *
   * @default {131_072}
   */
  loopParseBytes?: number;
  /** Certificates in PEM that are trusted besides the system's. */
  caCerts?: readonly string[];
  /**
   * Answers the IP addresses of a host name.
   *
   * @default {the operating system's resolver}
   */
  resolve?: (hostname: string) => Promise<readonly string[]>;
}

/** What `fetch()` takes, and what concerns this call only. */
export interface HttpInit
  extends Pick<RequestInit, "method" | "headers" | "body"> {
  signal?: AbortSignal | null | undefined;
  /**
   * `manual` answers the redirect itself, `error` refuses it.
   *
   * @default {"follow"}
   */
  redirect?: RequestRedirect;
  /** See {@linkcode HttpClientOptions.deadlineMs}. */
  deadlineMs?: number;
  /** See {@linkcode HttpClientOptions.maxBytes}. */
  maxBytes?: number;
  /** See {@linkcode HttpClientOptions.maxRedirects}. */
  maxRedirects?: number;
  /**
   * Higher goes first among those who wait for the same limit.
   *
   * @default {0}
   */
  priority?: number;
  /** Who asks, for reports of long waits. @default {that of `withHolder`} */
  holder?: string;
}

/** Options of {@linkcode HttpClient.json}. */
export interface JsonInit extends HttpInit {
  /**
   * The part of the document to answer, as a JSON pointer: `/results/0`. The
   * rest of a large document never reaches the loop.
   *
   * @default {""}
   */
  pick?: string;
}

/**
 * What to take where a selector matches: its text, or what `value` says. That
 * is a property or an attribute (`href` and `src` are made absolute,
 * `innerHTML`, `datetime`), or what to take within.
 */
export interface HtmlPart {
  readonly selector: string;
  /** @default {"textContent"} */
  readonly value?: string | HtmlPicks;
}

/** The first match of a selector; in an array, all of them. */
export type HtmlPick = string | HtmlPart | readonly [string | HtmlPart];

/** What to take from a page, under which names. */
export interface HtmlPicks {
  readonly [name: string]: HtmlPick;
}

type FoundPart<P> = P extends { readonly value: infer V extends HtmlPicks }
  ? HtmlFound<V>
  : string;

/** What was taken from a page. What is not there is left out. */
export type HtmlFound<M extends HtmlPicks> = {
  -readonly [K in keyof M]?: M[K] extends readonly [infer P] ? FoundPart<P>[]
    : FoundPart<M[K]>;
};

/** Options of {@linkcode HttpClient.html}. */
export interface HtmlInit<M extends HtmlPicks> extends HttpInit {
  /**
   * What to take from the page, by CSS selectors:
   *
   * ```ts ignore
   * {
   *   title: "h1",                                      // text of the first
   *   links: [{ selector: "a", value: "href" }],        // of all; absolute
   *   posts: [{ selector: "article", value: { title: "h2" } }],
   * }
   * ```
   */
  extract: M;
}

/** Options of {@linkcode HttpClient.parse}. */
export interface ParseInit<I> extends HttpInit {
  /** Handed to the task as `input`; small plain objects or bytes. */
  input: I;
}

/** What the task of {@linkcode HttpClient.parse} is given. */
export interface HttpBody<I> {
  /** The body, decompressed. */
  readonly body: ReadableStream<Uint8Array>;
  /** Where it came from, after all redirects. */
  readonly url: string;
  /** The header `Content-Type`, or null. */
  readonly contentType: string | null;
  readonly input: I;
}

/** Figures of a client since it was created. */
export interface HttpClientStats {
  readonly name: string;
  /** Calls that were made of the client. */
  readonly calls: number;
  /** Calls that are under way: waiting, asking or being read. */
  readonly in_flight: number;
  /** Requests sent, further attempts and redirects included. */
  readonly requests: number;
  readonly retries: number;
  readonly redirects: number;
  /** Calls that failed, by the error's name; `aborted` for those given up. */
  readonly failures: Readonly<Record<string, number>>;
  /** Bytes of bodies read, decompressed. */
  readonly bytes: number;
  readonly limits: LimitStats;
  /** Each host that is known now. */
  readonly hosts: readonly LimitStats[];
}

/** Asks other servers over HTTP. Made by `createHttpClient`. */
export interface HttpClient extends AsyncDisposable {
  /**
   * As the platform's `fetch()`, with deadline, limits and checks. The promise
   * settles with the headers. **Read the body or cancel it**: until then the
   * call holds its place among the requests under way, at most until its
   * deadline.
   *
   * Names that the client sets itself are dropped from the headers: `Host`,
   * `Connection` and the like.
   *
   * @returns The answer, whatever its status. Its body is decompressed.
   * @throws {HttpDeadlineError} The deadline passed.
   * @throws {UrlRefusedError} The scheme, the port or credentials in the URL.
   * @throws {AddressRefusedError} The host has no public address and is not
   *   allowed.
   * @throws {RedirectError} Too many redirects, in a circle, or to nowhere.
   * @throws {BodyTooLargeError} The announced size is over `maxBytes`; reading
   *   the body throws it too.
   * @throws {ConnectionError} No connection, or none that lasted.
   * @throws {CircuitOpenError} The host's breaker is open.
   * @throws {ClientClosedError} The client is closed.
   * @throws The caller's reason when the caller aborts.
   */
  fetch(input: string | URL | Request, init?: HttpInit): Promise<Response>;
  /**
   * The whole body as bytes. As all that follow, it refuses a status that is
   * not 200 to 299.
   *
   * @throws {HttpStatusError} The status says failure.
   * @throws As `fetch` does.
   */
  bytes(
    input: string | URL | Request,
    init?: HttpInit,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The whole body as text, by the character set that its type names.
   *
   * @throws As `bytes` does.
   */
  text(input: string | URL | Request, init?: HttpInit): Promise<string>;
  /**
   * The body, or a part of it, as the value that its JSON says.
   *
   * Up to `loopParseBytes` it is parsed on the loop. A larger one is parsed in
   * the pool, and what is answered must not be larger either: bringing it back
   * costs the loop as much as parsing it. `pick` a part, or reduce it in a
   * task of your own with `parse`.
   *
   * @throws {BodyFormatError} The body is no JSON, or has no such part.
   * @throws {BodyTooLargeError} It is too large for the loop and there is no
   *   pool, or what would be answered is.
   * @throws As `bytes` does.
   */
  json<T = unknown>(
    input: string | URL | Request,
    init?: JsonInit,
  ): Promise<T>;
  /**
   * What CSS selectors find in a page, parsed in the pool as browsers do.
   * What is not found is left out.
   *
   * @throws {TypeError} The client has no pool.
   * @throws {BodyTooLargeError} What was found is larger than
   *   `loopParseBytes`.
   * @throws As `bytes` does.
   */
  html<const M extends HtmlPicks>(
    input: string | URL | Request,
    init: HtmlInit<M>,
  ): Promise<HtmlFound<M>>;
  /**
   * Streams the body into a task of the pool and answers what the task does:
   * bytes, streams or small plain objects. The deadline covers the task.
   *
   * @throws {TypeError} The client has no pool.
   * @throws As `bytes` does, and what the pool and the task throw.
   */
  parse<I, O>(
    input: string | URL | Request,
    task: Task<HttpBody<I>, O>,
    init: ParseInit<I>,
  ): Promise<O>;
  stats(): HttpClientStats;
  /** Refuses new calls, aborts those under way and closes all connections. */
  close(): Promise<void>;
}
