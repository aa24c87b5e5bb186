/**
 * Many fetches to many hosts: the servers count what is under way, to each of
 * them and to all. How long it takes is measured by `deno task bench fetches`.
 */
import assert from "node:assert/strict";
import { createHttpClient } from "@loophound/toolkit/http";
import { createHostLimits } from "@loophound/toolkit/limits";

/** A group of servers; each is a host by its port. */
function startGroup(hosts: number, latencyMs: number) {
  const all = { now: 0, most: 0, seen: 0 };
  const group = Array.from({ length: hosts }, () => {
    const own = { now: 0, most: 0, seen: 0 };
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (_request, info) => {
        for (const count of [all, own]) {
          count.seen++;
          count.most = Math.max(count.most, ++count.now);
        }
        info.completed.finally(() => {
          all.now--;
          own.now--;
        });
        await new Promise((done) => setTimeout(done, latencyMs));
        return new Response("x".repeat(2_000));
      },
    );
    return { own, server, origin: `http://127.0.0.1:${server.addr.port}` };
  });
  return {
    all,
    group,
    async [Symbol.asyncDispose]() {
      for (const { server } of group) await server.shutdown();
    },
  };
}

Deno.test("100 fetches to 20 hosts: never over 20 in flight, nor 5 to one host", async () => {
  await using servers = startGroup(20, 100);
  await using client = createHttpClient({ allow: ["127.0.0.1"] });
  const texts = await Promise.all(
    Array.from(
      { length: 100 },
      (_, i) => client.text(`${servers.group[i % 20]!.origin}/${i}`),
    ),
  );
  assert.ok(texts.every((text) => text.length === 2_000));
  // All of them were used, and no more.
  assert.equal(servers.all.most, 20);
  assert.equal(servers.all.seen, 100);
  for (const { own } of servers.group) {
    assert.equal(own.seen, 5);
    assert.ok(own.most <= 5);
  }
  const { calls, requests, retries, failures, in_flight } = client.stats();
  assert.deepEqual({ calls, requests, retries, failures, in_flight }, {
    calls: 100,
    requests: 100,
    retries: 0,
    failures: {},
    in_flight: 0,
  });
});

Deno.test("a host that all ask gets 5 at once, and the others are not kept waiting", async () => {
  await using servers = startGroup(4, 40);
  await using client = createHttpClient({ allow: ["127.0.0.1"] });
  const [busy, ...others] = servers.group;
  const order: string[] = [];
  const ask = async (origin: string, name: string) => {
    const response = await client.fetch(origin);
    await response.bytes();
    order.push(name);
  };
  await Promise.all([
    ...Array.from({ length: 40 }, () => ask(busy!.origin, "busy")),
    ...others.map(({ origin }) => ask(origin, "other")),
  ]);
  assert.equal(busy!.own.most, 5);
  assert.equal(busy!.own.seen, 40);
  // Asked last, they are done long before the queue of the busy one.
  assert.ok(order.lastIndexOf("other") < 20, order.join(" "));
});

Deno.test("limits shared by two clients bound both together", async () => {
  await using servers = startGroup(4, 20);
  const limits = createHostLimits("shared", { total: 6, perHost: 2 });
  await using one = createHttpClient({ allow: ["127.0.0.1"], limits });
  await using two = createHttpClient({ allow: ["127.0.0.1"], limits });
  await Promise.all(
    Array.from(
      { length: 60 },
      (_, i) => (i % 2 === 0 ? one : two).bytes(servers.group[i % 4]!.origin),
    ),
  );
  assert.equal(servers.all.most, 6);
  for (const { own } of servers.group) assert.equal(own.most, 2);
  assert.equal(limits.stats().completed, 60);
});

Deno.test("a place that fails or is given up serves the next one", async () => {
  await using servers = startGroup(2, 30);
  const limits = createHostLimits("small", { total: 3, perHost: 2 });
  await using client = createHttpClient({ allow: ["127.0.0.1"], limits });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, async (_, i) => {
      const { origin } = servers.group[i % 2]!;
      switch (i % 4) {
        case 0:
          return await client.bytes(origin);
        case 1:
          return await client.bytes(origin, {
            signal: AbortSignal.timeout(10 + i),
          });
        case 2:
          return await (await client.fetch(origin)).body!.cancel();
        default:
          return await client.bytes(origin, { maxBytes: 10 });
      }
    }),
  );
  const failed = outcomes.filter(({ status }) => status === "rejected");
  assert.ok(failed.length >= 15, `${failed.length} failed`);
  const { concurrent, queue_depth } = limits.stats();
  assert.deepEqual([concurrent, queue_depth], [0, 0]);
  assert.equal(client.stats().in_flight, 0);
  // And all places are there.
  await Promise.all(servers.group.flatMap(({ origin }) => [
    client.bytes(origin),
    client.bytes(origin),
  ]));
});
