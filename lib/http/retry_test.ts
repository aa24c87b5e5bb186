import assert from "node:assert/strict";
import {
  createCircuitBreaker,
  createRateLimit,
} from "@loophound/toolkit/limits";
import { assertIdle, clientOf } from "./_test_client.ts";
import { startServer } from "./_test_server.ts";
import { createHttpClient, HttpDeadlineError } from "./mod.ts";

Deno.test("fetch() tries again what passes, after Retry-After", async () => {
  const statuses = [503, 429, 200];
  await using server = startServer(() =>
    new Response("body", {
      status: statuses.shift()!,
      headers: { "retry-after": "0" },
    })
  );
  await using client = clientOf(server);
  const response = await client.fetch(server.origin);
  assert.equal(response.status, 200);
  await response.text();
  const { requests, retries, calls } = client.stats();
  assert.deepEqual([calls, requests, retries], [1, 3, 2]);
  assertIdle(client);
});

Deno.test("fetch() answers the last answer when it gives up", async () => {
  let retryAfter = "0";
  await using server = startServer(() =>
    new Response("busy", {
      status: 503,
      headers: { "retry-after": retryAfter },
    })
  );
  await using client = clientOf(server);
  const response = await client.fetch(server.origin);
  assert.equal(response.status, 503);
  assert.equal(await response.text(), "busy");
  assert.equal(server.seen.length, 3);
  // Longer than the deadline: there is no use in waiting.
  retryAfter = "50";
  await assert.rejects(client.text(server.origin), {
    name: "HttpStatusError",
    message: `Cannot use ${server.origin}/: it answered 503`,
    status: 503,
    retryAfterMs: 50_000,
    excerpt: "busy",
  });
  assert.equal(server.seen.length, 4);
  assertIdle(client);
});

Deno.test("fetch() repeats no POST and no stream, nor what will not pass", async () => {
  await using server = startServer((request) =>
    new Response("x", { status: request.url.endsWith("/500") ? 500 : 503 })
  );
  await using client = clientOf(server);
  for (
    const [path, init] of [
      ["/503", { method: "POST", body: "a" }],
      ["/503", { method: "PUT", body: new Blob(["a"]).stream() }],
      ["/500", {}],
    ] as const
  ) {
    const before = server.seen.length;
    await (await client.fetch(server.origin + path, init)).text();
    assert.equal(server.seen.length - before, 1, path);
  }
  const bytes = { method: "PUT", body: "again" };
  await (await client.fetch(`${server.origin}/503`, bytes)).text();
  assert.equal(server.seen.length, 6);
  await using once = clientOf(server, { retry: false });
  await (await once.fetch(server.origin)).text();
  assert.equal(server.seen.length, 7);
});

Deno.test("fetch() tries again when there is no connection, and names the cause", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = createHttpClient({
    allow: ["127.0.0.0/8"],
    retry: { attempts: 2, minDelayMs: 1 },
    resolve: () =>
      Promise.reject(
        Object.assign(new Error("no such host"), { code: "ENOTFOUND" }),
      ),
  });
  await assert.rejects(client.fetch(`http://127.0.0.1:${port}/x`), {
    name: "ConnectionError",
    code: "ECONNREFUSED",
    url: `http://127.0.0.1:${port}/x`,
    host: `127.0.0.1:${port}`,
    message: new RegExp(
      `^Cannot request http://127.0.0.1:${port}/x: .*ECONNREFUSED.*, while waiting for the answer$`,
    ),
  });
  assert.equal(client.stats().requests, 2);
  await assert.rejects(client.fetch("http://nowhere.test/"), {
    name: "ConnectionError",
    code: "ENOTFOUND",
  });
  assert.equal(client.stats().requests, 3);
  assertIdle(client);
});

Deno.test("fetch() asks a host's breaker and rate limit", async () => {
  await using server = startServer((request) =>
    new Response(null, { status: request.url.endsWith("/bad") ? 500 : 404 })
  );
  const breaker = createCircuitBreaker("host", { failures: 2 });
  const rate = createRateLimit("host", { tokens: 5, perMs: 3_600_000 });
  const asked = new Set<string>();
  await using client = clientOf(server, {
    retry: false,
    rateLimit: (host) => {
      asked.add(host);
      return rate;
    },
    breaker: () => breaker,
  });
  const ask = async (path: string) =>
    await (await client.fetch(server.origin + path)).text();
  await ask("/bad");
  await ask("/gone");
  await ask("/bad");
  await ask("/bad");
  await assert.rejects(ask("/gone"), { name: "CircuitOpenError" });
  assert.equal(server.seen.length, 4);
  assert.deepEqual([...asked], [server.host]);
  // All five tokens are gone.
  await assert.rejects(
    client.fetch(server.origin, { deadlineMs: 50 }),
    (error) =>
      error instanceof HttpDeadlineError &&
      error.phase === "waiting for a place",
  );
  assert.deepEqual(client.stats().failures, {
    CircuitOpenError: 1,
    TimeoutError: 1,
  });
  assertIdle(client);
});
