import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { assertIdle, clientOf } from "./_test_client.ts";
import { endless, startServer } from "./_test_server.ts";
import { createHttpClient } from "./mod.ts";

Deno.test("fetch() streams both ways at the reader's pace", async () => {
  await using server = startServer((request) => new Response(request.body));
  await using client = clientOf(server);
  const size = 50_000_000;
  let sent = 0;
  const response = await client.fetch(server.origin, {
    method: "POST",
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= size) return controller.close();
        controller.enqueue(new Uint8Array(10_000));
        sent += 10_000;
      },
    }, { highWaterMark: 0 }),
  });
  const reader = response.body!.getReader();
  const { value: first } = await reader.read();
  await new Promise((done) => setTimeout(done, 100));
  // Sockets hold a part of it; the rest waits for the reader.
  assert.ok(sent < size, `${sent} bytes were taken`);
  let read = first!.length;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    assert.equal(value.constructor, Uint8Array);
    read += value.length;
  }
  assert.equal(read, size);
  assertIdle(client);
});

Deno.test("fetch() decompresses, and drops the headers that say otherwise", async () => {
  const plain = new TextEncoder().encode("hello ".repeat(5_000));
  const stream = async (format: CompressionFormat) =>
    await new Response(
      new Blob([plain]).stream().pipeThrough(new CompressionStream(format)),
    ).bytes();
  const { brotliCompressSync } = await import("node:zlib");
  const bodies: Record<string, Uint8Array<ArrayBuffer>> = {
    gzip: await stream("gzip"),
    deflate: await stream("deflate"),
    "deflate-raw": await stream("deflate-raw"),
    br: new Uint8Array(brotliCompressSync(plain)),
    "gzip, br": new Uint8Array(brotliCompressSync(await stream("gzip"))),
    identity: plain,
    gzip_empty: new Uint8Array(),
    unknown: plain,
  };
  await using server = startServer((request) => {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return new Response(bodies[name]!, {
      headers: {
        "content-encoding": name.replace(/-raw|_empty/, ""),
        "content-length": String(bodies[name]!.length),
      },
    });
  });
  await using client = clientOf(server);
  for (const name of Object.keys(bodies)) {
    const response = await client.fetch(`${server.origin}/${name}`);
    const isPlain = name === "identity" || name === "unknown";
    assert.equal(
      response.headers.get("content-length"),
      isPlain ? String(plain.length) : null,
      name,
    );
    assert.equal(
      response.headers.get("content-encoding"),
      isPlain ? name : null,
    );
    const { length } = await response.bytes();
    assert.equal(length, name === "gzip_empty" ? 0 : plain.length, name);
  }
  assertIdle(client);
});

Deno.test("fetch() names damaged and cut compression", async () => {
  const whole = new Uint8Array(
    gzipSync(new Uint8Array(50_000).map((_, i) => Math.sqrt(i) * 1_000)),
  );
  assert.ok(whole.length > 1_000);
  const damaged = whole.slice().fill(255, 200, 300);
  const bodies = [whole.subarray(0, 500), damaged];
  await using server = startServer((request) =>
    new Response(bodies[Number(new URL(request.url).pathname.slice(1))]!, {
      headers: { "content-encoding": "gzip" },
    })
  );
  await using client = clientOf(server);
  await assert.rejects(
    client.bytes(`${server.origin}/0?key=secret`),
    {
      name: "BodyFormatError",
      message: `Cannot decompress ${server.origin}/0: it ends too early`,
    },
  );
  await assert.rejects(client.bytes(`${server.origin}/1`), {
    name: "BodyFormatError",
    message:
      `Cannot decompress ${server.origin}/1: its compressed bytes are damaged`,
  });
  assertIdle(client);
  assert.deepEqual(client.stats().failures, { BodyFormatError: 2 });
});

Deno.test("fetch() answers without a body where HTTP has none", async () => {
  await using server = startServer((request) => {
    const status = Number(new URL(request.url).pathname.slice(1));
    return new Response(status === 200 ? "body" : null, { status });
  });
  await using client = clientOf(server);
  for (const status of [204, 205, 304]) {
    const response = await client.fetch(`${server.origin}/${status}`);
    assert.equal(response.status, status);
    assert.equal(response.body, null);
  }
  const head = await client.fetch(`${server.origin}/200`, { method: "HEAD" });
  assert.equal(head.body, null);
  assert.equal(head.headers.get("content-length"), "4");
  await client.text(`${server.origin}/200`);
  assertIdle(client);
});

Deno.test("fetch() bounds a body of any kind by its decompressed bytes", async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(5_000_000)));
  const stream = endless();
  await using server = startServer((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/bomb") {
      return new Response(bomb, { headers: { "content-encoding": "gzip" } });
    }
    if (pathname === "/endless") return new Response(stream.body);
    return new Response("x".repeat(Number(pathname.slice(1))));
  });
  await using client = clientOf(server, { maxBytes: 100_000 });
  assert.ok(bomb.length < 10_000);
  assert.equal((await client.bytes(`${server.origin}/100000`)).length, 100_000);
  await assert.rejects(client.fetch(`${server.origin}/100001?k=secret`), {
    name: "BodyTooLargeError",
    message:
      `Cannot read ${server.origin}/100001: 100001 bytes are over the limit of 100000`,
    url: `${server.origin}/100001`,
    host: server.host,
    limitBytes: 100_000,
    seenBytes: 100_001,
  });
  for (const path of ["/bomb", "/endless"]) {
    const response = await client.fetch(server.origin + path);
    await assert.rejects(response.bytes(), (error: Error) => {
      assert.equal(error.name, "BodyTooLargeError");
      const { seenBytes } = error as unknown as { seenBytes: number };
      assert.ok(seenBytes > 100_000 && seenBytes <= 170_000, `${seenBytes}`);
      return true;
    });
    assertIdle(client);
  }
  await stream.cancelled;
  const own = await client.bytes(`${server.origin}/100001`, {
    maxBytes: 100_001,
  });
  assert.equal(own.length, 100_001);
});

Deno.test("fetch() names a connection that breaks off in the body", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const serving = (async () => {
    using conn = await listener.accept();
    await conn.read(new Uint8Array(10_000));
    await conn.write(new TextEncoder().encode(
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    ));
  })();
  await using client = createHttpClient({ allow: [`127.0.0.1:${port}`] });
  const response = await client.fetch(`http://127.0.0.1:${port}/`);
  await assert.rejects(response.text(), {
    name: "ConnectionError",
    message: /while reading the body$/,
  });
  await serving;
  listener.close();
  assertIdle(client);
});
