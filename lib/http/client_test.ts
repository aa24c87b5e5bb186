import assert from "node:assert/strict";
import { assertIdle, clientOf } from "./_test_client.ts";
import { endless, hang, startServer } from "./_test_server.ts";
import { createHttpClient } from "./mod.ts";

Deno.test("fetch() answers a Response and reuses the connection", async () => {
  await using server = startServer(() =>
    new Response("hello", { headers: { "x-a": "1" } })
  );
  await using client = clientOf(server);
  const response = await client.fetch(`${server.origin}/a?b=1#c`);
  assert.ok(response instanceof Response);
  assert.equal(response.status, 200);
  assert.equal(response.url, `${server.origin}/a?b=1`);
  assert.equal(response.redirected, false);
  assert.equal(response.headers.get("x-a"), "1");
  assert.equal(await response.text(), "hello");
  assertIdle(client);
  assert.deepEqual(server.seen, ["GET /a?b=1"]);
  const { calls, requests, bytes, failures } = client.stats();
  assert.deepEqual({ calls, requests, bytes, failures }, {
    calls: 1,
    requests: 1,
    bytes: 5,
    failures: {},
  });
  for (let i = 0; i < 9; i++) await client.text(server.origin);
  assert.ok(server.connections < 5, `${server.connections} connections`);
});

Deno.test("fetch() sends what a Request holds, and headers of its own", async () => {
  await using server = startServer(async (request) =>
    Response.json({
      method: request.method,
      body: await request.text(),
      headers: Object.fromEntries(request.headers),
    })
  );
  await using client = clientOf(server, { userAgent: "tester/1" });
  const form = new FormData();
  form.set("a", "1");
  for (
    const [init, expected] of [
      [{}, { method: "GET", body: "", length: undefined }],
      [{ method: "POST", body: "text" }, {
        method: "POST",
        body: "text",
        length: "4",
      }],
      [{ method: "PUT", body: new Uint8Array([65]) }, {
        method: "PUT",
        body: "A",
        length: "1",
      }],
      [{ method: "POST", body: new URLSearchParams({ q: "ä" }) }, {
        method: "POST",
        body: "q=%C3%A4",
        length: "8",
      }],
      [{ method: "POST", body: new Blob(["ab"]).stream() }, {
        method: "POST",
        body: "ab",
        length: undefined,
      }],
    ] as const
  ) {
    const { method, body, headers } = await client.json<{
      method: string;
      body: string;
      headers: Record<string, string>;
    }>(server.origin, init);
    assert.deepEqual(
      { method, body, length: headers["content-length"] },
      expected,
    );
    assert.equal(headers["user-agent"], "tester/1");
    assert.equal(headers["accept-encoding"], "gzip, br, deflate");
    assert.equal(headers["host"], server.host);
  }
  const echoed = await client.json<{ headers: Record<string, string> }>(
    new Request(server.origin, {
      method: "POST",
      body: form,
      headers: { host: "evil.test", "user-agent": "mine", "x-b": "2" },
    }),
  );
  assert.match(echoed.headers["content-type"]!, /^multipart\/form-data; b/);
  assert.equal(echoed.headers["host"], server.host);
  assert.equal(echoed.headers["user-agent"], "mine");
  assert.equal(echoed.headers["x-b"], "2");
});

Deno.test("a place is held until the body is read", async () => {
  await using server = startServer(() => new Response("body"));
  await using client = clientOf(server);
  const open = await Promise.all(
    Array.from({ length: 5 }, () => client.fetch(server.origin)),
  );
  const sixth = client.fetch(server.origin, { holder: "job 41" });
  await new Promise((done) => setTimeout(done, 50));
  const { limits, hosts, in_flight } = client.stats();
  assert.deepEqual([limits.concurrent, limits.queue_depth], [5, 1]);
  assert.equal(in_flight, 6);
  assert.equal(hosts.length, 1);
  assert.equal(server.seen.length, 5);
  await open[0]!.text();
  await (await sixth).text();
  assert.equal(server.seen.length, 6);
  for (const response of open.slice(1)) await response.body!.cancel();
  assertIdle(client);
});

Deno.test("close() aborts what is under way and refuses the rest", async () => {
  const stream = endless();
  await using server = startServer((request) =>
    request.url.endsWith("/drip") ? new Response(stream.body) : hang(request)
  );
  const client = clientOf(server);
  const response = await client.fetch(`${server.origin}/drip`);
  const pending = assert.rejects(client.fetch(server.origin), {
    name: "ClientClosedError",
    message: `Cannot request ${server.origin}/: the HTTP client is closed`,
  });
  while (server.seen.length < 2) await new Promise((d) => setTimeout(d, 1));
  await Promise.all([client.close(), client.close()]);
  await pending;
  await assert.rejects(response.text(), { name: "ClientClosedError" });
  await assert.rejects(client.fetch(server.origin), {
    name: "ClientClosedError",
  });
  await stream.cancelled;
  await server.closed;
  assertIdle(client);
});

Deno.test("createHttpClient() refuses numbers that are none", async () => {
  assert.throws(() => createHttpClient({ maxBytes: -1 }), {
    name: "RangeError",
    message: "Cannot use maxBytes of -1: it is not a number from 0",
  });
  await using client = createHttpClient();
  await assert.rejects(client.fetch("http://a.test/", { deadlineMs: NaN }), {
    name: "RangeError",
  });
  await assert.rejects(client.fetch("/path"), {
    name: "TypeError",
    message: 'Cannot request "/path": it is no absolute URL',
  });
});
