import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";
import assert from "node:assert/strict";
import {
  loadShedding,
  type LoadSheddingOptions,
  type SheddingReport,
} from "./load_shedding.ts";
import { sheddingMetrics } from "./metrics.ts";
import { renderPrometheus } from "./prometheus.ts";

/** An app behind load shedding whose lag and clock the test sets. */
function shedApp(options: LoadSheddingOptions = {}) {
  const loop = { lag: 0, now: 0 };
  const reports: SheddingReport[] = [];
  const shedding = loadShedding({
    lagBetween: () => loop.lag,
    openWindow() {
      const figures = () => ({
        p999_ms: loop.lag,
        max_ms: loop.lag,
        blocks: 0,
      });
      return { figures, close: figures };
    },
  }, {
    now: () => loop.now,
    onChange: (report) => reports.push(report),
    ...options,
  });
  const held: (() => void)[] = [];
  const app = new Hono();
  app.use("*", shedding);
  app.get("/held", async (c) => {
    await new Promise<void>((release) => held.push(release));
    return c.text("served");
  });
  app.get("/throws", () => {
    throw new Error("no");
  });
  app.onError((_error, c) => c.text("caught", 500));
  for (const path of ["/", "/items", "/low", "/high", "/healthz", "/metrics"]) {
    app.get(path, (c) => c.text("served"));
  }
  const status = async (path: string) => (await app.request(path)).status;
  /** Lets so many milliseconds pass, with a look every 50. */
  const pass = (ms: number, lag: number) => {
    loop.lag = lag;
    for (let at = 0; at < ms; at += 50) {
      loop.now += 50;
      shedding.stats();
    }
  };
  return { app, shedding, reports, held, status, pass, loop };
}

Deno.test("loadShedding() turns requests away while the loop comes late", async () => {
  const { app, pass, status, reports, shedding } = shedApp();
  assert.equal(await status("/"), 200);
  pass(1000, 90);
  assert.equal(await status("/"), 200);
  pass(1000, 150);
  const response = await app.request("/items?x=1");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.equal(
    response.headers.get("content-type"),
    "application/problem+json",
  );
  assert.deepEqual(await response.json(), {
    type: "urn:loophound:problem:overloaded",
    title: "The server is overloaded",
    status: 503,
    detail: "GET /items is not served while the server is overloaded",
    instance: "/items",
    route: "GET /items",
  });
  // Between low and high it goes on, below low for a second it ends.
  pass(5000, 70);
  assert.equal(await status("/"), 503);
  pass(900, 10);
  assert.equal(await status("/"), 503);
  pass(1500, 10);
  assert.equal(await status("/"), 200);
  const normal = reports.filter((it) => it.priority === "normal");
  assert.deepEqual(normal.map((it) => [it.shedding, it.cause, it.shed]), [
    [true, "lag", 0],
    [false, null, 3],
  ]);
  assert.match(
    normal[0]!.message,
    /^Load shedding started for normal requests: the loop is 150 ms late$/,
  );
  assert.match(normal[1]!.message, /3 turned away in \d+\.\d s$/);
  assert.ok(normal[1]!.lasted_ms! > 5000);
  assert.equal(shedding.stats().shed_total, 3);
});

Deno.test("loadShedding() turns low priorities away first, high ones last, some never", async () => {
  const { pass, status, shedding } = shedApp({
    routes: { "GET /low": "low", "/high": "high", "/metrics": "high" },
    priority: (c) => c.req.query("vip") === "1" ? "never" : undefined,
  });
  const all = () =>
    Promise.all(
      ["/low", "/items", "/high", "/healthz", "/metrics", "/low?vip=1"]
        .map(status),
    );
  assert.deepEqual(await all(), [200, 200, 200, 200, 200, 200]);
  pass(1000, 60);
  assert.deepEqual(shedding.stats().shedding, ["low"]);
  assert.deepEqual(await all(), [503, 200, 200, 200, 200, 200]);
  pass(1000, 150);
  assert.deepEqual(await all(), [503, 503, 200, 200, 200, 200]);
  pass(1000, 250);
  assert.deepEqual(shedding.stats().shedding, ["low", "normal", "high"]);
  assert.deepEqual(await all(), [503, 503, 503, 200, 503, 200]);
});

Deno.test("loadShedding() counts requests in flight, failed ones too", async () => {
  const { app, held, status, loop, reports, shedding } = shedApp({
    inFlight: { high: 2, low: 2 },
    recoverMs: 100,
    retryAfterS: 7,
  });
  assert.equal(await status("/throws"), 500);
  assert.equal(shedding.stats().in_flight, 0);
  const running = [app.request("/held"), app.request("/held")];
  assert.equal(shedding.stats().in_flight, 2);
  const refused = await app.request("/held");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "7");
  for (const release of held) release();
  for (const response of await Promise.all(running)) {
    assert.equal(await response.text(), "served");
  }
  assert.equal(await status("/"), 503);
  loop.now += 200;
  assert.equal(await status("/"), 200);
  assert.match(
    reports.find((it) => it.priority === "normal")!.message,
    /: 3 requests are in flight$/,
  );
});

Deno.test("loadShedding() tells Prometheus what it did", async () => {
  const { pass, status, shedding } = shedApp();
  await status("/");
  pass(1000, 150);
  await status("/");
  await status("/");
  const text = renderPrometheus(sheddingMetrics(shedding.stats()));
  assert.match(text, /^loophound_shedding\{priority="normal"\} 1$/m);
  assert.match(text, /^loophound_shedding\{priority="high"\} 0$/m);
  assert.match(
    text,
    /^loophound_shed_requests_total\{route="GET \/",priority="normal"\} 2$/m,
  );
  assert.match(text, /^loophound_admitted_requests_total 1$/m);
});

Deno.test("loadShedding() takes an answer of one's own, and survives its listener", async () => {
  const { pass, app } = shedApp({
    answer: (c, { lag_ms }) => c.text(`busy, ${lag_ms} ms late`, 429),
  });
  pass(1000, 150);
  const response = await app.request("/");
  assert.equal(response.status, 429);
  assert.equal(await response.text(), "busy, 150 ms late");
});

Deno.test("loadShedding() refuses limits that contradict each other", () => {
  assert.throws(
    () => shedApp({ lagMs: { high: 10, low: 20 } }),
    /Cannot set limits/,
  );
});

Deno.test("loadShedding() sheds on a loop that is really held, and recovers", async () => {
  await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
  const shedding = loadShedding(monitor, {
    lagMs: { high: 60, low: 30 },
    windowMs: 400,
    recoverMs: 200,
  });
  const app = new Hono();
  app.use("*", shedding);
  app.get("/", (c) => c.text("served"));
  const status = async () => (await app.request("/")).status;
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
  assert.equal(await status(), 200);
  let seen = 0;
  for (let i = 0; i < 100 && seen !== 503; i++) {
    const end = performance.now() + 120;
    while (performance.now() < end);
    await sleep(10);
    seen = await status();
  }
  assert.equal(seen, 503);
  for (let i = 0; i < 300 && seen !== 200; i++) {
    await sleep(20);
    seen = await status();
  }
  assert.equal(seen, 200);
});
