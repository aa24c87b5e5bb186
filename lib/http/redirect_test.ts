import assert from "node:assert/strict";
import { startServer } from "./_test_server.ts";
import { createHttpClient } from "./mod.ts";

interface Echo {
  method: string;
  url: string;
  body: string;
  headers: Record<string, string>;
}

async function echo(request: Request): Promise<Response> {
  return Response.json({
    method: request.method,
    url: request.url,
    body: await request.text(),
    headers: Object.fromEntries(request.headers),
  });
}

/** Answers `/to/302?url` with a redirect, anything else with what it was. */
async function redirector(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const [, to, status] = pathname.split("/");
  if (to !== "to") return await echo(request);
  await request.text();
  const location = decodeURIComponent(search.slice(1));
  return new Response("moved", {
    status: Number(status),
    headers: { location },
  });
}

Deno.test("redirects keep or change the method by the rules of fetch()", async () => {
  await using server = startServer(redirector);
  await using client = createHttpClient({ allow: [server.host] });
  const cases: [number, string, string][] = [
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [302, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"],
    [302, "GET", "GET"],
  ];
  for (const [status, method, expected] of cases) {
    const hasBody = method !== "GET";
    const response = await client.fetch(
      `${server.origin}/to/${status}?%2Fend%23part`,
      {
        method,
        headers: { authorization: "a", cookie: "b", "x-c": "c" },
        ...(hasBody ? { body: "text" } : {}),
      },
    );
    const got: Echo = await response.json();
    const name = `${status} ${method}`;
    assert.equal(got.method, expected, name);
    assert.equal(got.url, `${server.origin}/end`, name);
    assert.equal(got.body, hasBody && expected !== "GET" ? "text" : "", name);
    assert.equal("content-type" in got.headers, got.body !== "", name);
    assert.deepEqual(
      ["authorization", "cookie", "x-c"].map((key) => got.headers[key]),
      ["a", "b", "c"],
    );
    assert.equal(response.url, `${server.origin}/end`);
    assert.ok(response.redirected);
  }
  assert.equal(client.stats().redirects, cases.length);
  assert.equal(client.stats().limits.concurrent, 0);
});

Deno.test("redirects to another origin take no credentials along", async () => {
  await using server = startServer(redirector);
  await using other = startServer(redirector);
  await using client = createHttpClient({ allow: [server.host, other.host] });
  const got = await client.json<Echo>(
    `${server.origin}/to/302?${encodeURIComponent(`${other.origin}/end`)}`,
    {
      headers: {
        authorization: "a",
        cookie: "b",
        "proxy-authorization": "d",
        "x-c": "c",
      },
    },
  );
  assert.deepEqual(
    ["authorization", "cookie", "proxy-authorization", "x-c"].map((key) =>
      got.headers[key]
    ),
    [undefined, undefined, undefined, "c"],
  );
  assert.equal(got.headers["host"], other.host);
});

Deno.test("redirects are bounded, and circles are named", async () => {
  await using server = startServer((request) => {
    const [, kind, at] = new URL(request.url).pathname.split("/");
    const next = kind === "circle" ? (Number(at) + 1) % 3 : Number(at) + 1;
    return new Response(null, {
      status: 302,
      headers: { location: `/${kind}/${next}?key=secret` },
    });
  });
  await using client = createHttpClient({ allow: [server.host] });
  await assert.rejects(client.fetch(`${server.origin}/on/0`), {
    name: "RedirectError",
    message:
      `Cannot follow redirect of ${server.origin}/on/0: over 5 redirects (${
        [0, 1, 2, 3, 4, 5].map((n) => `${server.origin}/on/${n}`).join(" → ")
      })`,
    url: `${server.origin}/on/5`,
  });
  assert.equal(server.seen.length, 6);
  await assert.rejects(
    client.fetch(`${server.origin}/circle/0?key=secret`),
    {
      name: "RedirectError",
      message:
        `Cannot follow redirect of ${server.origin}/circle/0: it leads in a circle (${
          [0, 1, 2, 0].map((n) => `${server.origin}/circle/${n}`).join(" → ")
        })`,
    },
  );
  assert.equal(server.seen.length, 9);
  await assert.rejects(
    client.fetch(`${server.origin}/on/0`, { maxRedirects: 0 }),
    { name: "RedirectError" },
  );
  const manual = await client.fetch(`${server.origin}/on/0`, {
    redirect: "manual",
  });
  assert.equal(manual.status, 302);
  assert.equal(manual.headers.get("location"), "/on/1?key=secret");
  await manual.body?.cancel();
  await assert.rejects(
    client.fetch(new Request(`${server.origin}/on/0`, { redirect: "error" })),
    { name: "RedirectError" },
  );
  assert.equal(client.stats().limits.concurrent, 0);
});

Deno.test("each redirect is checked anew", async () => {
  await using server = startServer(redirector);
  await using forbidden = startServer(echo);
  await using client = createHttpClient({
    allow: [server.host, "name.test"],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const to = (url: string) =>
    client.fetch(`${server.origin}/to/302?${encodeURIComponent(url)}`);
  const cases: [string, string][] = [
    [`${forbidden.origin}/`, "AddressRefusedError"],
    [`http://2130706433:${forbidden.port}/`, "AddressRefusedError"],
    [`http://0x7f.1:${forbidden.port}/`, "AddressRefusedError"],
    [`http://[::ffff:127.0.0.1]:${forbidden.port}/`, "AddressRefusedError"],
    [`http://[::1]:${forbidden.port}/`, "AddressRefusedError"],
    [`http://other.test:${forbidden.port}/`, "AddressRefusedError"],
    ["http://169.254.169.254/latest/meta-data/", "AddressRefusedError"],
    ["file:///etc/passwd", "UrlRefusedError"],
    ["data:text/plain,x", "UrlRefusedError"],
    ["http://user:pass@name.test/", "UrlRefusedError"],
    ["http://example.org:22/", "UrlRefusedError"],
    ["http://[broken", "RedirectError"],
  ];
  for (const [url, name] of cases) {
    await assert.rejects(to(url), { name }, url);
  }
  assert.deepEqual(forbidden.seen, []);
  // The port in `allow` is that of one host only.
  const good = await to(`http://name.test:${forbidden.port}/`);
  assert.equal((await good.json()).headers.host, `name.test:${forbidden.port}`);
  assert.equal(client.stats().limits.concurrent, 0);
});

Deno.test("a redirect that wants a stream again is refused", async () => {
  await using server = startServer(redirector);
  await using client = createHttpClient({ allow: [server.host] });
  await assert.rejects(
    client.fetch(`${server.origin}/to/307?%2Fend`, {
      method: "POST",
      body: new Blob(["once"]).stream(),
    }),
    {
      name: "RedirectError",
      message: /: 307 wants the body again, and it was a stream/,
    },
  );
  assert.equal(client.stats().limits.concurrent, 0);
});
