import type {
  CircuitBreaker,
  HostLimits,
  Permit,
  RateLimit,
} from "@loophound/toolkit/limits";
import {
  parseRetryAfter,
  retry,
  type RetryOptions,
} from "@loophound/toolkit/limits";
import type { Agent, Dispatcher } from "undici";
import type { Call } from "./_call.ts";
import type { Figures } from "./_figures.ts";
import { isRepeatable, type Outgoing } from "./_outgoing.ts";
import { ConnectionError, HttpError } from "./errors.ts";

/** What sends requests, and what they wait for. */
export interface Sender {
  readonly agent: Agent;
  readonly limits: HostLimits;
  readonly rateLimit: (host: string) => RateLimit | undefined;
  readonly breaker: (host: string) => CircuitBreaker | undefined;
  readonly retry: RetryOptions | false;
  readonly figures: Figures;
}

/** How a request waits among others. */
export interface Standing {
  readonly priority?: number;
  readonly holder?: string;
}

/** An answer whose body is still to be read, and holds its place until then. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Dispatcher.ResponseData["body"];
  /** Reads what little is left, so that the connection can serve again. */
  discard(): Promise<void>;
}

/** Redirects and errors have small bodies; larger ones cost the connection. */
const DISCARD_BYTES = 16 * 1024;
const DISCARD_MS = 500;
const PASSING_STATUS = new Set([429, 502, 503, 504]);
// Positive, so that what is wrong with the request or with a certificate is
// not asked three times.
const PASSING_CODES = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
]);

/** An answer that speaks against the server, on its way past the breaker. */
class BadAnswer extends Error {
  readonly answer: Answer;
  readonly retryAfterMs: number | undefined;

  constructor(answer: Answer) {
    super(`It answered ${answer.status}`);
    this.answer = answer;
    this.retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"));
  }
}

/** Sends a request, again where that makes sense, and answers the last answer. */
export async function sendRequest(
  sender: Sender,
  { call, request, standing }: {
    call: Call;
    request: Outgoing;
    standing: Standing;
  },
): Promise<Answer> {
  const attempt = () => sendOnce(sender, { call, request, standing });
  try {
    if (sender.retry === false || !isRepeatable(request)) {
      return await attempt();
    }
    return await retry(attempt, {
      ...sender.retry,
      signal: call.signal,
      isRetriable: (error) => isPassing(error, call),
      onRetry({ error }) {
        sender.figures.retries++;
        call.phase = "waiting to try again";
        // Its place is given back when what is left is read.
        // An abort is thrown by the pause.
        if (error instanceof BadAnswer) error.answer.discard().catch(() => {});
      },
    });
  } catch (error) {
    if (error instanceof BadAnswer) return error.answer;
    throw error;
  }
}

function isPassing(error: unknown, call: Call): boolean {
  if (error instanceof ConnectionError) {
    return PASSING_CODES.has(error.code ?? "");
  }
  return error instanceof BadAnswer &&
    PASSING_STATUS.has(error.answer.status) &&
    // Better an answer now than a deadline error later.
    (error.retryAfterMs ?? 0) < call.remainingMs();
}

async function sendOnce(
  sender: Sender,
  { call, request, standing }: {
    call: Call;
    request: Outgoing;
    standing: Standing;
  },
): Promise<Answer> {
  const { signal } = call;
  const { host } = request.url;
  call.phase = "waiting for a place";
  const waiting = { ...standing, signal };
  await sender.rateLimit(host)?.take(1, waiting);
  const permit = await sender.limits.acquire(host, waiting);
  call.keep(permit);
  signal.throwIfAborted();
  call.phase = "waiting for the answer";
  try {
    const ask = async () => {
      const answer = await dispatch(sender, { call, request, permit });
      const { status } = answer;
      if (status === 429 || status >= 500) throw new BadAnswer(answer);
      return answer;
    };
    const breaker = sender.breaker(host);
    return await (breaker === undefined ? ask() : breaker.run(ask, { signal }));
  } catch (error) {
    if (!(error instanceof BadAnswer)) call.release(permit, "failed");
    throw error;
  }
}

async function dispatch(
  { agent, figures }: Sender,
  { call, request, permit }: {
    call: Call;
    request: Outgoing;
    permit: Permit;
  },
): Promise<Answer> {
  const { method, url, headers, body } = request;
  figures.requests++;
  try {
    const sent = agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: Object.fromEntries(headers),
      // The types know only streams of Node; any iterable of chunks is taken.
      body: body as Dispatcher.DispatchOptions["body"] & Uint8Array,
      signal: call.signal,
      // The call's deadline is that of the headers, and who reads the body
      // has a clock: undici's run on for half a second when all is over.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const data = await untilAborted(sent, call.signal);
    // Aborts reach the reader by the call; nobody else listens.
    data.body.on("error", () => {});
    return {
      status: data.statusCode,
      headers: readHeaders(data.headers),
      body: data.body,
      async discard() {
        const timer = setTimeout(() => data.body.destroy(), DISCARD_MS);
        try {
          await data.body.dump({ limit: DISCARD_BYTES, signal: call.signal });
        } catch {
          call.signal.throwIfAborted();
          // The body broke off: there is nothing left to discard.
          data.body.destroy();
        } finally {
          clearTimeout(timer);
          call.release(permit, "completed");
        }
      },
    };
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof HttpError) throw error;
    throw new ConnectionError(url, call.phase, error);
  }
}

/**
 * undici hears of an abort only when it has a connection for the request, and
 * drops it then; what waits for one would wait on.
 */
async function untilAborted(
  sent: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([sent, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function readHeaders(raw: Dispatcher.ResponseData["headers"]): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const item of [value ?? []].flat()) {
      try {
        headers.append(name, item);
      } catch {
        // Bytes that no header may have: the answer is of use without it.
      }
    }
  }
  return headers;
}
