import assert from "node:assert/strict";
import {
  createThreadPool,
  type ThreadPool,
  threadsAlive,
} from "@loophound/toolkit/offload";
import { endless, startServer } from "./_test_server.ts";
import { countInBody, neverAnswer, shoutBody } from "./_test_tasks.ts";
import { createHttpClient, HttpDeadlineError } from "./mod.ts";

async function withPool(run: (pool: ThreadPool) => Promise<void>) {
  {
    await using pool = await createThreadPool({
      classes: { short: { threads: 1 } },
    });
    await run(pool);
  }
  assert.equal(threadsAlive(), 0);
}

/** A pool that counts what it is given. */
function counting(pool: ThreadPool, tasks: string[]): ThreadPool {
  return {
    ...pool,
    run: (task, input, options) => {
      tasks.push(task.name);
      return pool.run(task, input, options);
    },
  } as ThreadPool;
}

Deno.test("text() reads the character set that the type names", async () => {
  const bodies: Record<string, [string, Uint8Array<ArrayBuffer>]> = {
    "/latin": ["text/plain; charset=iso-8859-1", new Uint8Array([0xe4, 0x21])],
    "/utf8": ["text/plain", new TextEncoder().encode("\uFEFFä!")],
    "/odd": ['text/plain; charset="none"', new TextEncoder().encode("ä!")],
  };
  await using server = startServer((request) => {
    const [type, body] = bodies[new URL(request.url).pathname]!;
    return new Response(body, { headers: { "content-type": type } });
  });
  await using client = createHttpClient({ allow: [server.host] });
  for (const path of Object.keys(bodies)) {
    assert.equal(await client.text(server.origin + path), "ä!", path);
  }
});

Deno.test("bytes() puts many chunks together", async () => {
  const size = 3_000_000;
  const body = new Uint8Array(size).map((_, i) => i % 251);
  await using server = startServer(() => new Response(body));
  await using client = createHttpClient({ allow: [server.host] });
  const read = await client.bytes(server.origin);
  assert.equal(read.length, size);
  assert.ok(read.every((byte, i) => byte === i % 251));
});

Deno.test("json() parses small documents on the loop and picks parts", async () => {
  const document = { a: { "b/c": [10, { "~": null }] }, "": 1 };
  await using server = startServer((request) =>
    request.url.endsWith("/bad")
      ? new Response("{nonsense")
      : Response.json(document)
  );
  await using client = createHttpClient({ allow: [server.host] });
  const pick = (pointer: string) =>
    client.json(server.origin, { pick: pointer });
  assert.deepEqual(await client.json(server.origin), document);
  assert.equal(await pick("/a/b~1c/0"), 10);
  assert.equal(await pick("/a/b~1c/1/~0"), null);
  assert.equal(await pick("/"), 1);
  for (
    const pointer of [
      "/b",
      "/a/b~1c/2",
      "/a/b~1c/-",
      "/a/b~1c/length",
      "a",
      "/a/toString",
    ]
  ) {
    await assert.rejects(pick(pointer), { name: "BodyFormatError" }, pointer);
  }
  await assert.rejects(client.json(`${server.origin}/bad`), {
    name: "BodyFormatError",
    message: /^Cannot parse the JSON of http.*\/bad: /,
  });
  assert.deepEqual(client.stats().failures, { BodyFormatError: 7 });
  assert.equal(client.stats().in_flight, 0);
});

Deno.test("json() parses large documents in the pool, and brings little back", async () => {
  const rows = Array.from(
    { length: 5_000 },
    (_, id) => ({ id, name: `n${id}` }),
  );
  const text = JSON.stringify({ rows, total: rows.length });
  await using server = startServer((request) =>
    new Response(request.url.endsWith("/bad") ? `${text}]` : text)
  );
  await withPool(async (real) => {
    const tasks: string[] = [];
    const pool = counting(real, tasks);
    await using client = createHttpClient({
      allow: [server.host],
      pool,
      loopParseBytes: 10_000,
    });
    const total = await client.json(server.origin, { pick: "/total" });
    assert.equal(total, 5_000);
    assert.deepEqual(tasks, ["parseJsonBody"]);
    assert.deepEqual(
      await client.json(server.origin, { pick: "/rows/4999" }),
      { id: 4_999, name: "n4999" },
    );
    await assert.rejects(client.json(server.origin, { pick: "/rows" }), {
      name: "BodyTooLargeError",
      message:
        `Cannot parse on the loop what was taken from ${server.origin}/: ${
          JSON.stringify(rows).length
        } bytes are over the limit of 10000; take less, or reduce it in a task of your own with parse()`,
    });
    await assert.rejects(client.json(server.origin, { pick: "/none" }), {
      name: "BodyFormatError",
    });
    await assert.rejects(client.json(`${server.origin}/bad`), {
      name: "BodyFormatError",
    });
    assert.equal(client.stats().in_flight, 0);
  });
  await using poolless = createHttpClient({
    allow: [server.host],
    loopParseBytes: 10_000,
  });
  await assert.rejects(poolless.json(server.origin), {
    name: "BodyTooLargeError",
    message: /; give the client a pool, or raise its loopParseBytes$/,
  });
  assert.equal(poolless.stats().in_flight, 0);
  assert.equal(poolless.stats().limits.concurrent, 0);
});

Deno.test("helpers refuse a status that is no success, with the start of the body", async () => {
  await using server = startServer(() =>
    new Response("Not here. ".repeat(10_000), {
      status: 404,
    })
  );
  await using client = createHttpClient({ allow: [server.host] });
  for (const method of ["bytes", "text", "json"] as const) {
    await assert.rejects(client[method](server.origin), (error: Error) => {
      assert.equal(error.name, "HttpStatusError");
      const { status, excerpt } = error as Error & {
        status: number;
        excerpt: string;
      };
      assert.equal(status, 404);
      assert.equal(excerpt.length, 1_000);
      assert.ok(excerpt.startsWith("Not here. "));
      return true;
    });
  }
  assert.deepEqual(client.stats().failures, { HttpStatusError: 3 });
  assert.equal(client.stats().limits.concurrent, 0);
});

Deno.test("html() takes what selectors find, off the loop", async () => {
  const page = (head: string, rest = "") =>
    `<!doctype html>
    <title>Blog</title>${head}<h1> First <b>page</b></h1>
    <article><h2>One</h2><a href="/1">x</a><time datetime="2026-01-01">t</time></article>
    <article><h2>Two<a href="2?a=1&amp;b=2">y</a><img src="i.png"></article>${rest}`;
  const latin = new Uint8Array(
    [...page('<meta charset="iso-8859-1">', "<p>Z\u00fcrich")].map((c) =>
      c.charCodeAt(0)
    ),
  );
  await using server = startServer((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/moved") return Response.redirect(`${server.origin}/a/b`);
    if (pathname === "/latin") {
      return new Response(latin, { headers: { "content-type": "text/html" } });
    }
    const head = pathname === "/based" ? '<base href="/deep/er/">' : "";
    return new Response(
      page(head, pathname === "/large" ? "<p>words</p>".repeat(3_000) : ""),
      { headers: { "content-type": "text/html; charset=utf-8" } },
    );
  });
  await withPool(async (pool) => {
    await using client = createHttpClient({
      allow: [server.host],
      pool,
      loopParseBytes: 20_000,
    });
    const extract = {
      heading: "h1",
      missing: ".none",
      links: [{ selector: "a", value: "href" }],
      image: { selector: "img", value: "src" },
      posts: [{
        selector: "article",
        value: {
          title: "h2",
          date: { selector: "time", value: "datetime" },
        },
      }],
    } as const;
    const found = await client.html(`${server.origin}/moved`, { extract });
    const links: string[] | undefined = found.links;
    const titles = found.posts?.map(({ title }) => title);
    assert.deepEqual(links, [
      `${server.origin}/1`,
      `${server.origin}/a/2?a=1&b=2`,
    ]);
    assert.deepEqual(titles, ["One", "Twoy"]);
    assert.deepEqual(found, {
      heading: " First page",
      links,
      image: `${server.origin}/a/i.png`,
      posts: [{ title: "One", date: "2026-01-01" }, { title: "Twoy" }],
    });
    const based = await client.html(`${server.origin}/based`, { extract });
    assert.equal(based.image, `${server.origin}/deep/er/i.png`);
    const city = await client.html(`${server.origin}/latin`, {
      extract: { city: "p" },
    });
    assert.equal(city.city?.trim(), "Z\u00fcrich");
    const large = { ...extract, words: ["p"] } as const;
    await assert.rejects(
      client.html(`${server.origin}/large`, { extract: large }),
      {
        name: "BodyTooLargeError",
        message: /^Cannot take .* from .*\/large: \d+ bytes are over/,
      },
    );
    assert.equal(client.stats().in_flight, 0);
  });
  await using poolless = createHttpClient({ allow: [server.host] });
  await assert.rejects(
    poolless.html(server.origin, { extract: { a: "a" } }),
    {
      name: "TypeError",
      message:
        "Cannot call html(): the HTTP client has no thread pool; give it one when it is created",
    },
  );
  assert.equal(poolless.stats().requests, 0);
});

Deno.test("parse() streams the body into a task, under the call's deadline", async () => {
  const stream = endless();
  const body = new Uint8Array(2_000_000).map((_, i) => 97 + i % 2);
  await using server = startServer((request) =>
    request.url.endsWith("/endless")
      ? new Response(stream.body)
      : new Response(body, { headers: { "content-type": "x/y" } })
  );
  await withPool(async (pool) => {
    await using client = createHttpClient({ allow: [server.host], pool });
    assert.deepEqual(
      await client.parse(server.origin, countInBody, { input: { byte: 97 } }),
      {
        bytes: 2_000_000,
        found: 1_000_000,
        url: `${server.origin}/`,
        contentType: "x/y",
      },
    );
    const { shouted } = await client.parse(server.origin, shoutBody, {
      input: null,
    });
    const loud = await new Response(shouted).bytes();
    assert.equal(loud.length, 2_000_000);
    assert.equal(loud[1], 66);
    const started = await client.parse(server.origin, neverAnswer, {
      input: null,
      deadlineMs: 1_500,
    }).catch((error) => error);
    assert.ok(started instanceof HttpDeadlineError, String(started));
    assert.equal(started.phase, "parsing the body");
    const cut = await client.parse(`${server.origin}/endless`, countInBody, {
      input: { byte: 0 },
      deadlineMs: 300,
    }).catch((error) => error);
    assert.ok(cut instanceof HttpDeadlineError, String(cut));
    await stream.cancelled;
    await assert.rejects(
      client.parse(server.origin, countInBody, {
        input: { byte: 97 },
        maxBytes: 1_000,
      }),
      { name: "BodyTooLargeError" },
    );
    const reason = new Error("Enough");
    const abort = new AbortController();
    const pending = client.parse(server.origin, neverAnswer, {
      input: null,
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(reason), 50);
    await assert.rejects(pending, (error) => error === reason);
    assert.equal(client.stats().in_flight, 0);
    assert.equal(client.stats().limits.concurrent, 0);
  });
});

Deno.test("a large compressed body does not hold the loop", async () => {
  const { gzipSync } = await import("node:zlib");
  const bomb = new Uint8Array(gzipSync(new Uint8Array(40_000_000)));
  await using server = startServer(() =>
    new Response(bomb, { headers: { "content-encoding": "gzip" } })
  );
  await using client = createHttpClient({ allow: [server.host] });
  let turns = 0;
  let reading = true;
  const turn = () => {
    turns++;
    if (reading) setTimeout(turn, 0);
  };
  turn();
  const response = await client.fetch(server.origin);
  let bytes = 0;
  for await (const chunk of response.body!) bytes += chunk.length;
  reading = false;
  assert.equal(bytes, 40_000_000);
  // Without turns in between, all of it comes in a handful.
  assert.ok(turns > 10, `${turns} turns`);
  await new Promise((done) => setTimeout(done, 5));
});
