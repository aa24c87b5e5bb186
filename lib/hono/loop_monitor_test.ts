import { type CallFigures, startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";
import assert from "node:assert/strict";
import {
  loopMonitor,
  type RequestReport,
  type SlowRequestReport,
} from "./loop_monitor.ts";

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

Deno.test("loopMonitor() reports blocks under the matched route", async () => {
  await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
  const app = new Hono();
  app.use("*", loopMonitor(monitor));
  const api = new Hono();
  api.use("*", async (_c, next) => {
    await next();
  });
  api.get("/spin/:ms", (c) => {
    spin(Number(c.req.param("ms")));
    return c.text("done");
  });
  api.get("/throws", () => {
    spin(20);
    throw new Error("no");
  });
  api.onError((_error, c) => c.text("caught", 500));
  app.route("/api", api);

  await (await app.request("/api/spin/30", {
    headers: {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
  })).text();
  const [report] = monitor.blocks();
  assert.equal(
    report?.message,
    "Potential event loop blocking in GET /api/spin/:ms",
  );
  assert.ok(report.longest_ms >= 30);
  assert.equal(report.trace_id, "0af7651916cd43dd8448eb211c80319c");

  const response = await app.request("/api/throws");
  assert.equal(await response.text(), "caught");
  assert.equal(monitor.blocks(1)[0]?.route, "GET /api/throws");
});

Deno.test(
  "loopMonitor() reports blocks after an await, with others in flight",
  {
    ignore: startedMode() !== "exact",
  },
  async () => {
    // Far above what busy threads beside may do to a short stretch.
    await using monitor = startLoopMonitor({
      log: null,
      graceMs: 600_000,
      thresholdMs: 100,
    });
    const ended = new Map<string, CallFigures>();
    monitor.onCall((figures) => ended.set(figures.label, figures));
    const app = new Hono();
    app.use("*", loopMonitor(monitor));
    app.get("/culprit", async (c) => {
      await sleep(10);
      spin(200);
      return c.text("done");
    });
    app.get("/victim", async (c) => {
      await sleep(20);
      return c.text("done");
    });
    await Promise.all([app.request("/culprit"), app.request("/victim")]);
    assert.deepEqual(monitor.blocks().map((it) => it.route), ["GET /culprit"]);
    assert.ok((ended.get("GET /victim")?.inherited_ms ?? 0) > 100);
  },
);

Deno.test("loopMonitor() keeps slow requests in a log of their own", async () => {
  await using monitor = startLoopMonitor({
    log: null,
    graceMs: 600_000,
    thresholdMs: 100,
  });
  const slow: SlowRequestReport[] = [];
  const all: RequestReport[] = [];
  const app = new Hono();
  app.use(
    "*",
    loopMonitor(monitor, {
      slowRequestMs: 250,
      onSlowRequest: (report) => slow.push(report),
      onRequest: (report) => all.push(report),
    }),
  );
  app.get("/waits/:ms", async (c) => {
    await sleep(Number(c.req.param("ms")));
    return c.text("done");
  });
  const response = await app.request("/waits/300?secret=1");
  assert.match(
    response.headers.get("server-timing") ?? "",
    /^total;dur=\d+\.\d, own;dur=\d+\.\d$/,
  );
  await app.request("/nowhere");
  const [report] = slow;
  assert.equal(report?.message, "Slow request: GET /waits/:ms");
  assert.equal(report.path, "/waits/300");
  assert.ok(report.wall_ms >= 250);
  assert.ok(report.own_ms < 100);
  assert.deepEqual(monitor.blocks(), []);
  assert.deepEqual(all.map((it) => [it.route, it.status]), [
    ["GET /waits/:ms", 200],
    ["GET (no route)", 404],
  ]);
});

Deno.test("loopMonitor() sums up requests by route, within bounds", async () => {
  await using monitor = startLoopMonitor({ log: null });
  const watch = loopMonitor(monitor, { maxRoutes: 2, serverTimingMs: 0 });
  const app = new Hono();
  app.use("*", watch);
  app.get("/a", (c) => c.text("a"));
  app.get("/b", (c) => c.text("b", 400));
  app.get("/c", () => {
    throw new Error("no");
  });
  app.get("/d", (c) => c.text("d"));
  app.onError((_error, c) => c.text("caught", 500));
  for (const path of ["/a", "/a", "/b", "/c", "/d"]) await app.request(path);
  await app.request(new Request("http://x/a", { method: "PURGE" }));
  const stats = watch.requestStats();
  assert.deepEqual(stats.map((it) => [it.route, it.requests, it.by_status]), [
    ["GET /a", 2, { "2xx": 2 }],
    ["GET /b", 1, { "4xx": 1 }],
    ["(other)", 3, { "5xx": 1, "2xx": 1, "4xx": 1 }],
  ]);
  const [a] = stats;
  assert.equal(a?.wall.buckets.at(-1)?.count, 2);
  assert.ok(a.wall.sum_ms >= a.own.sum_ms);
});

Deno.test("loopMonitor() leaves streams and immutable responses whole", async () => {
  await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
  const app = new Hono();
  app.use("*", loopMonitor(monitor, { serverTimingMs: 0 }));
  app.get("/stream", () => {
    let left = 3;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await sleep(1);
          if (left-- === 0) return controller.close();
          controller.enqueue(new TextEncoder().encode("chunk "));
        },
      }),
    );
  });
  await using server = Deno.serve(
    { port: 0, onListen() {} },
    () => new Response("from afar"),
  );
  app.get("/proxied", () => fetch(`http://127.0.0.1:${server.addr.port}/`));
  const stream = await app.request("/stream");
  assert.ok(stream.headers.has("server-timing"));
  assert.equal(await stream.text(), "chunk chunk chunk ");
  const proxied = await app.request("/proxied");
  assert.ok(proxied.headers.has("server-timing"));
  assert.equal(await proxied.text(), "from afar");
});

function startedMode(): string {
  using monitor = startLoopMonitor({ log: null, watchdog: false });
  return monitor.mode;
}
