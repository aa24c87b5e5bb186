import assert from "node:assert/strict";
import type { TestServer } from "./_test_server.ts";
import {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
} from "./mod.ts";

/** A client that may ask the server, and is quick to try again. */
export function clientOf(
  server: TestServer,
  options: HttpClientOptions = {},
): HttpClient {
  return createHttpClient({
    allow: [server.host],
    retry: { minDelayMs: 1 },
    ...options,
  });
}

/** Nothing is under way, and no place is taken. */
export function assertIdle(client: HttpClient): void {
  const { in_flight, limits } = client.stats();
  assert.deepEqual(
    [in_flight, limits.concurrent, limits.queue_depth],
    [0, 0, 0],
  );
}
