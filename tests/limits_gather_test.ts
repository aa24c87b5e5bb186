import assert from "node:assert/strict";
import { gatherPartial, withDeadline } from "@loophound/toolkit/limits";

/** Far longer than the deadline under test: only a stuck test waits for it. */
const longMs = 30_000;

/** Sources of an album, as bad as they come. */
function startSources() {
  const closed = {
    hanging: Promise.withResolvers<void>(),
    slow: Promise.withResolvers<void>(),
  };
  const answered: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, async (request) => {
    const source = new URL(request.url).pathname.slice(1);
    if (source === "good") {
      answered.push(source);
      return Response.json({ title: "Windowlicker" });
    }
    if (source === "slow") {
      // Its headers come at once, its body a byte at a time, without an end.
      let timer: ReturnType<typeof setInterval> | undefined;
      return new Response(
        new ReadableStream<Uint8Array>({
          start(controller) {
            timer = setInterval(
              () => controller.enqueue(Uint8Array.of(32)),
              20,
            );
          },
          cancel() {
            clearInterval(timer);
            closed.slow.resolve();
          },
        }),
      );
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, longMs);
    request.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      closed.hanging.resolve();
      resolve();
    });
    await promise;
    if (!request.signal.aborted) answered.push(source);
    return Response.json({ title: "Too late" });
  });
  return { server, closed, answered, origin: originOf(server.addr.port) };
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Where no one listens. */
function deadOrigin(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return originOf(listener.addr.port);
}

function withCauses(error: unknown): string {
  return error instanceof Error
    ? `${error.message}: ${withCauses(error.cause)}`
    : String(error);
}

async function fetchTitle(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  const { title } = await response.json();
  return title;
}

Deno.test("gatherPartial() answers in time with what one good source of four has", async () => {
  const { server, closed, answered, origin } = startSources();
  await using _ = server;
  const start = performance.now();
  const { results, ok, failed, complete } = await gatherPartial({
    dead: (signal) => fetchTitle(`${deadOrigin()}/`, signal),
    hanging: (signal) => fetchTitle(`${origin}/hanging`, signal),
    slow: (signal) => fetchTitle(`${origin}/slow`, signal),
    good: (signal) => fetchTitle(`${origin}/good`, signal),
  }, { deadlineMs: 1_000 });
  const tookMs = performance.now() - start;

  assert.ok(tookMs < longMs / 2, `${tookMs} ms`);
  assert.deepEqual(ok, ["good"]);
  assert.deepEqual(failed, ["dead", "hanging", "slow"]);
  assert.equal(complete, false);
  assert.equal(
    results.good.status === "ok" && results.good.value,
    "Windowlicker",
  );
  assert.ok(results.dead.status === "error");
  assert.match(withCauses(results.dead.error), /refused/i);
  for (const { status, ...rest } of [results.hanging, results.slow]) {
    assert.equal(status, "timeout");
    assert.match(String("error" in rest && rest.error), /1000 ms have passed/);
  }
  // The failed connection is known long before the deadline has passed.
  assert.ok(results.dead.latency_ms < results.hanging.latency_ms);

  // Not only given up here: the server sees both requests close.
  await withDeadline(
    () => Promise.all([closed.hanging.promise, closed.slow.promise]),
    { ms: longMs / 2, name: "the server's view of the closed requests" },
  );
  assert.deepEqual(answered, ["good"]);
});
