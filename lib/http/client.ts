import { createHostLimits } from "@loophound/toolkit/limits";
import { Agent } from "undici";
import { createAllowList } from "./_allow_list.ts";
import { Call } from "./_call.ts";
import { createConnector, systemResolve } from "./_connect.ts";
import { createDocuments } from "./_documents.ts";
import { countFailure, createFigures } from "./_figures.ts";
import { sendAndFollow } from "./_follow.ts";
import {
  createOutgoing,
  dropBody,
  type Outgoing,
  readUrl,
} from "./_outgoing.ts";
import { createResponse } from "./_response.ts";
import type { Sender } from "./_send.ts";
import { ClientClosedError } from "./errors.ts";
import type { HttpClient, HttpClientOptions, HttpInit } from "./types.ts";

/**
 * Creates a client for other servers: each call has a deadline, its place
 * among the requests under way, bounds for redirects and sizes, and reaches no
 * private address that is not allowed, whatever a name server says.
 *
 * @param options Bounds, limits, and who may be asked.
 * @returns The client. Close it, or its idle connections stay open.
 * @throws {TypeError} An entry of `allow` is no host, address or range.
 * @throws {RangeError} A number is out of its range.
 *
 * @example Usage
 * ```ts
 * import { createHttpClient } from "@loophound/toolkit/http";
 * import assert from "node:assert/strict";
 *
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   () => Response.json({ results: [{ title: "Blue" }] }),
 * );
 * const { port } = server.addr as Deno.NetAddr;
 *
 * await using http = createHttpClient({ allow: [`127.0.0.1:${port}`] });
 * const first = await http.json(`http://127.0.0.1:${port}/search`, {
 *   pick: "/results/0",
 *   deadlineMs: 2_000,
 * });
 * assert.deepEqual(first, { title: "Blue" });
 *
 * await using strict = createHttpClient();
 * await assert.rejects(strict.text(`http://localhost:${port}/`), {
 *   name: "AddressRefusedError",
 * });
 * ```
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const {
    name = "http",
    userAgent = "loophound-toolkit",
    allow: allowed = [],
    deadlineMs = 30_000,
    stallMs = 30_000,
    connectTimeoutMs = 10_000,
    maxBytes = 50_000_000,
    maxRedirects = 5,
    limits = createHostLimits(name),
    rateLimit = () => undefined,
    breaker = () => undefined,
    retry = {},
    pool,
    loopParseBytes = 128 * 1024,
    caCerts,
    resolve = systemResolve,
  } = options;
  for (
    const [field, value] of Object.entries({
      deadlineMs,
      stallMs,
      connectTimeoutMs,
      maxBytes,
      maxRedirects,
      loopParseBytes,
    })
  ) {
    checkNumber(field, value);
  }
  const allow = createAllowList(allowed);
  const figures = createFigures();
  const connector = createConnector({
    allow,
    resolve,
    timeoutMs: connectTimeoutMs,
    caCerts,
  });
  // One request a connection: an abort closes nobody else's.
  const agent = new Agent({ pipelining: 1, connect: connector.connect });
  const sender: Sender = {
    agent,
    limits,
    rateLimit,
    breaker,
    retry: retry && { minDelayMs: 500, ...retry },
    figures,
  };
  const live = new Set<Call>();
  let closed: Promise<void> | undefined;

  async function open(
    input: string | URL | Request,
    init: HttpInit,
  ): Promise<{ response: Response; call: Call; signal?: AbortSignal }> {
    const url = readUrl(input);
    if (closed !== undefined) throw new ClientClosedError(url);
    const own = {
      deadlineMs: init.deadlineMs ?? deadlineMs,
      maxBytes: init.maxBytes ?? maxBytes,
      maxRedirects: init.maxRedirects ?? maxRedirects,
    };
    for (const [field, value] of Object.entries(own)) {
      checkNumber(field, value);
    }
    const signal = signalOf(input, init);
    figures.calls++;
    const call = new Call({
      url,
      deadlineMs: own.deadlineMs,
      signal,
      onEnd(ended, failure) {
        live.delete(ended);
        if (failure === undefined) return;
        countFailure(figures, failure.error, ended.signal);
      },
    });
    if (!call.signal.aborted) live.add(call);
    let outgoing: Outgoing | undefined;
    try {
      outgoing = await createOutgoing(input, init, { url, userAgent });
      call.signal.throwIfAborted();
      const { request, answer } = await sendAndFollow(
        sender,
        outgoing,
        {
          call,
          allow,
          standing: {
            ...(init.priority === undefined ? {} : { priority: init.priority }),
            ...(init.holder === undefined ? {} : { holder: init.holder }),
          },
          redirect: init.redirect ?? redirectOf(input),
          maxRedirects: own.maxRedirects,
        },
      );
      call.phase = "reading the body";
      const response = await createResponse(answer, {
        call,
        method: request.method,
        maxBytes: own.maxBytes,
        stallMs,
        onBytes: (bytes) => figures.bytes += bytes,
      });
      return { response, call, ...(signal === undefined ? {} : { signal }) };
    } catch (error) {
      call.fail(error);
      if (outgoing !== undefined) dropBody(outgoing, error);
      throw error;
    }
  }

  async function close(): Promise<void> {
    // Calls first: each gets its error, not that of a connection that broke.
    for (const call of [...live]) call.fail(new ClientClosedError(call.url));
    connector.close();
    await agent.destroy();
  }
  const client: HttpClient = {
    fetch: async (input, init = {}) => (await open(input, init)).response,
    ...createDocuments({ open, pool, loopParseBytes }),
    stats: () => ({
      name,
      calls: figures.calls,
      in_flight: live.size,
      requests: figures.requests,
      retries: figures.retries,
      redirects: figures.redirects,
      failures: { ...figures.failures },
      bytes: figures.bytes,
      limits: limits.stats(),
      hosts: limits.hostStats(),
    }),
    close: () => closed ??= close(),
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}

function checkNumber(field: string, value: number): void {
  if (value >= 0) return;
  throw new RangeError(
    `Cannot use ${field} of ${value}: it is not a number from 0`,
  );
}

function signalOf(
  input: string | URL | Request,
  { signal }: HttpInit,
): AbortSignal | undefined {
  if (signal !== undefined) return signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

function redirectOf(input: string | URL | Request): RequestRedirect {
  return input instanceof Request ? input.redirect : "follow";
}
