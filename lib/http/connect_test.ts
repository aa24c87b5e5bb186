import assert from "node:assert/strict";
import {
  testAuthority,
  testCertificate,
  testKey,
} from "./_test_certificate.ts";
import { startServer } from "./_test_server.ts";
import { createHttpClient } from "./mod.ts";

Deno.test("private addresses are refused, however they are written", async () => {
  await using server = startServer(() => new Response("reached"));
  await using client = createHttpClient();
  for (
    const host of [
      "127.0.0.1",
      "localhost",
      "LOCALHOST.",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "0.0.0.0",
      "0",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[64:ff9b::7f00:1]",
      "①②⑦.0.0.1",
      "%31%32%37.0.0.1",
    ]
  ) {
    await assert.rejects(client.fetch(`http://${host}:${server.port}/`), {
      name: "AddressRefusedError",
    }, host);
  }
  assert.deepEqual(server.seen, []);
  await assert.rejects(client.fetch("http://10.1.2.3/a?token=secret"), {
    message:
      'Cannot request http://10.1.2.3/a: its address 10.1.2.3 is no public one (private); name it in "allow" if it is meant',
    addresses: ["10.1.2.3"],
  });
});

Deno.test("a name server has no second answer: what was checked is connected to", async () => {
  await using good = startServer(() => new Response("good"));
  await using bad = startServer(() => new Response("bad"), {
    hostname: "127.0.0.2",
  });
  const answers: string[][] = [];
  let lookups = 0;
  await using client = createHttpClient({
    allow: ["127.0.0.1"],
    resolve: (hostname) => {
      assert.equal(hostname, "rebound.test");
      lookups++;
      return Promise.resolve(answers.shift() ?? ["127.0.0.2"]);
    },
  });
  // Good first, then for ever bad: as often as it is asked, only the good one
  // is reached, or none.
  answers.push(["127.0.0.1"]);
  const response = await client.fetch(`http://rebound.test:${good.port}/`);
  assert.equal(await response.text(), "good");
  assert.equal(lookups, 1);
  await assert.rejects(client.fetch(`http://rebound.test:${bad.port}/`), {
    name: "AddressRefusedError",
    addresses: ["127.0.0.2"],
  });
  assert.equal(lookups, 2);
  // Both at once: the bad one is not even tried.
  answers.push(["127.0.0.2", "127.0.0.1"]);
  await assert.rejects(
    client.fetch(`http://rebound.test:${bad.port}/`, { method: "POST" }),
    { name: "ConnectionError", code: "ECONNREFUSED" },
  );
  assert.deepEqual(bad.seen, []);
  for (const answer of [[], ["not an address"], ["localhost"]]) {
    answers.push(answer);
    await assert.rejects(client.fetch(`http://rebound.test:${bad.port}/`), {
      name: /ConnectionError|AddressRefusedError/,
    });
  }
  assert.deepEqual(bad.seen, []);
});

Deno.test("the next address is tried when one does not answer", async () => {
  await using server = startServer(() => new Response("here"));
  await using client = createHttpClient({
    allow: ["many.test"],
    resolve: () => Promise.resolve(["127.0.0.9", "::1", "127.0.0.1"]),
  });
  assert.equal(await client.text(`http://many.test:${server.port}/`), "here");
});

Deno.test("TLS checks the name, not the address", async () => {
  await using server = startServer(
    (request) => new Response(request.headers.get("host")),
    { tls: { cert: testCertificate, key: testKey } },
  );
  await using client = createHttpClient({
    allow: ["foo.test", "bar.test"],
    caCerts: [testAuthority],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const host = `foo.test:${server.port}`;
  assert.equal(await client.text(`https://${host}/`), host);
  await assert.rejects(client.text(`https://bar.test:${server.port}/`), {
    name: "ConnectionError",
  });
  await using distrusting = createHttpClient({
    allow: ["foo.test"],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  await assert.rejects(distrusting.text(`https://${host}/`), {
    name: "ConnectionError",
  });
  assert.equal(server.seen.length, 1);
  // It is not asked again: a certificate does not get better.
  assert.equal(distrusting.stats().requests, 1);
});

Deno.test("only http and https to common ports, and no passwords in URLs", async () => {
  await using client = createHttpClient({ allow: ["127.0.0.1:25"] });
  for (
    const [url, why] of [
      ["ftp://example.org/", 'its scheme "ftp" is not http or https'],
      ["file:///etc/passwd", 'its scheme "file" is not http or https'],
      [
        "http://user@example.org/",
        "it holds a user or password; send them in the header Authorization",
      ],
      [
        "https://example.org:25/",
        'its port 25 is not 80, 443 or one from 1024; name "example.org:25" in "allow" if it is meant',
      ],
    ] as const
  ) {
    await assert.rejects(client.fetch(url), (error: Error) => {
      assert.equal(error.name, "UrlRefusedError");
      assert.ok(error.message.endsWith(why), error.message);
      assert.ok(!error.message.includes("user@"));
      return true;
    });
  }
  await assert.rejects(
    client.fetch("http://127.0.0.1:25/", { method: "POST" }),
    { name: "ConnectionError" },
  );
});
