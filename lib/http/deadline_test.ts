import assert from "node:assert/strict";
import { assertIdle, clientOf } from "./_test_client.ts";
import { endless, hang, startServer } from "./_test_server.ts";
import { createHttpClient, HttpDeadlineError } from "./mod.ts";

Deno.test("fetch() keeps the deadline for headers, body and reader", async () => {
  const stream = endless();
  await using server = startServer((request) =>
    request.url.endsWith("/drip") ? new Response(stream.body) : hang(request)
  );
  await using client = clientOf(server);
  await assert.rejects(client.fetch(server.origin, { deadlineMs: 60 }), {
    name: "TimeoutError",
    message:
      `Cannot finish "${server.origin}/ (waiting for the answer)": its 60 ms have passed`,
    url: `${server.origin}/`,
    host: server.host,
    phase: "waiting for the answer",
  });
  await server.closed;
  assertIdle(client);
  // Nobody reads this one.
  const unread = await client.fetch(`${server.origin}/drip`, {
    deadlineMs: 150,
  });
  assert.equal(client.stats().limits.concurrent, 1);
  await stream.cancelled;
  assertIdle(client);
  await assert.rejects(
    unread.text(),
    (error) =>
      error instanceof HttpDeadlineError && error.phase === "reading the body",
  );
  assert.deepEqual(client.stats().failures, { TimeoutError: 2 });
});

Deno.test("fetch() gives a body up that stalls", async () => {
  await using server = startServer((request) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(10));
          request.signal.addEventListener("abort", () => controller.close());
        },
      }),
    )
  );
  await using client = clientOf(server, { stallMs: 100 });
  await assert.rejects(client.bytes(server.origin, { deadlineMs: Infinity }), {
    name: "ConnectionError",
    code: "ETIMEDOUT",
  });
  assertIdle(client);
  await server.closed;
});

Deno.test("fetch() ends with the caller's reason, and closes the connection", async () => {
  const stream = endless();
  await using server = startServer((request) =>
    request.url.endsWith("/drip") ? new Response(stream.body) : hang(request)
  );
  await using client = clientOf(server);
  const reason = new Error("Enough");
  const early = new AbortController();
  const pending = client.fetch(server.origin, { signal: early.signal });
  while (server.seen.length === 0) await new Promise((d) => setTimeout(d, 1));
  early.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
  await server.closed;

  const late = new AbortController();
  const response = await client.fetch(
    new Request(`${server.origin}/drip`, { signal: late.signal }),
  );
  const reading = response.bytes();
  late.abort(reason);
  await assert.rejects(reading, (error) => error === reason);
  await stream.cancelled;

  await assert.rejects(
    client.fetch(server.origin, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  assertIdle(client);
  assert.deepEqual(client.stats().failures, { aborted: 3 });
  assert.equal(server.seen.length, 2);
});

Deno.test("a body that is cancelled closes its connection and gives its place back", async () => {
  const stream = endless();
  await using server = startServer(() => new Response(stream.body));
  await using client = clientOf(server);
  const response = await client.fetch(server.origin);
  const reader = response.body!.getReader();
  await reader.read();
  assert.equal(client.stats().in_flight, 1);
  await reader.cancel();
  assertIdle(client);
  await stream.cancelled;
  assert.deepEqual(client.stats().failures, {});
});

Deno.test("a request stream is cancelled when the call ends", async () => {
  // A server that does not read does not see that the client has gone.
  await using server = startServer(async (request) => {
    await request.bytes().catch(() => {});
    return new Response();
  });
  await using client = clientOf(server, {
    resolve: () => new Promise(() => {}),
  });
  const send = (url: string) => {
    const cancelled = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<void>();
    const abort = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_000));
        begun.resolve();
      },
      cancel: cancelled.resolve,
    }, { highWaterMark: 0 });
    const pending = client.fetch(url, {
      method: "POST",
      body,
      signal: abort.signal,
    });
    return { pending, abort, begun, cancelled };
  };
  const sending = send(server.origin);
  await sending.begun.promise;
  // This one has no connection to be sent on.
  const waiting = send("http://nowhere.test/");
  for (const { pending, abort, cancelled } of [sending, waiting]) {
    abort.abort(new Error("Enough"));
    await assert.rejects(pending, { message: "Enough" });
    await cancelled.promise;
  }
  assertIdle(client);
});

Deno.test("a deadline and a close end what waits for a connection", async () => {
  const client = createHttpClient({
    resolve: () => new Promise(() => {}),
    connectTimeoutMs: 100,
    retry: false,
  });
  await assert.rejects(client.fetch("http://a.test/", { deadlineMs: 30 }), {
    name: "TimeoutError",
    phase: "waiting for the answer",
  });
  assertIdle(client);
  await assert.rejects(client.fetch("http://b.test/"), {
    name: "ConnectionError",
    code: "ETIMEDOUT",
    message: /: no connection in 100 ms, while waiting for the answer$/,
  });
  const pending = assert.rejects(client.fetch("http://c.test/"), {
    name: "ClientClosedError",
  });
  await new Promise((done) => setTimeout(done, 10));
  await client.close();
  await pending;
  assertIdle(client);
});
