import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";
import assert from "node:assert/strict";
import {
  deadline,
  type DeadlineReport,
  type DeadlineVariables,
  type LateReport,
} from "./deadline.ts";

interface Env {
  Variables: DeadlineVariables;
}

/** Never settles by itself; rejects when the signal aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
}

const PLENTY_MS = 600_000;

Deno.test("deadline() leaves an answer in time alone, and no timer behind", async () => {
  const app = new Hono<Env>();
  app.use("*", deadline(PLENTY_MS));
  app.get("/", (c) => {
    assert.ok(c.var.deadline.remainingMs() > 0);
    assert.equal(c.var.deadline.limitMs, PLENTY_MS);
    assert.equal(c.var.deadline.signal, c.req.raw.signal);
    assert.equal(c.req.raw.signal.aborted, false);
    return c.text("in time");
  });
  app.get("/throws", () => {
    throw new Error("own mistake");
  });
  app.onError((error, c) => c.text(error.message, 500));
  assert.equal(await (await app.request("/")).text(), "in time");
  assert.equal(await (await app.request("/throws")).text(), "own mistake");
});

Deno.test("deadline() answers a problem document and stops the work", async () => {
  const reports: DeadlineReport[] = [];
  const late = Promise.withResolvers<LateReport>();
  const app = new Hono<Env>();
  app.use(
    "*",
    deadline({
      ms: 20,
      onDeadline: (report) => reports.push(report),
      onLate: late.resolve,
    }),
  );
  app.get("/items/:id", async (c) => {
    c.header("x-before", "kept");
    c.var.deadline.step("query items");
    return await untilAborted(c.req.raw.signal);
  });
  app.onError((_error, c) => c.text("must not be seen", 500));
  const response = await app.request("/items/7?secret=1", {
    headers: {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
  });
  assert.equal(response.status, 504);
  assert.equal(
    response.headers.get("content-type"),
    "application/problem+json",
  );
  assert.equal(response.headers.get("x-before"), "kept");
  assert.deepEqual(await response.json(), {
    type: "urn:loophound:problem:deadline-exceeded",
    title: "The deadline passed",
    status: 504,
    detail: "GET /items/:id did not answer within 20 ms",
    instance: "/items/7",
    route: "GET /items/:id",
    limit_ms: 20,
  });
  const [report] = reports;
  assert.equal(reports.length, 1);
  assert.equal(report?.message, "Deadline passed: GET /items/:id");
  assert.equal(report.doing, "query items");
  assert.equal(report.path, "/items/7");
  assert.equal(report.phase, "handler");
  assert.equal(report.lag_ms, null);
  assert.equal(report.trace_id, "0af7651916cd43dd8448eb211c80319c");
  assert.ok(report.wall_ms >= 19);
  const { error, ended_ms } = await late.promise;
  assert.equal((error as DOMException).name, "TimeoutError");
  assert.ok(ended_ms >= report.wall_ms);
});

Deno.test("deadline() drops what a handler answers too late", async () => {
  const late = Promise.withResolvers<LateReport>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const app = new Hono<Env>();
  app.use("*", deadline({ ms: 20, status: 503, onLate: late.resolve }));
  app.get("/", async (c) => {
    await held;
    // Asked for only now: it has aborted already.
    assert.equal(c.var.deadline.remainingMs(), 0);
    assert.ok(c.var.deadline.signal.aborted);
    return c.text("too late");
  });
  const response = await app.request("/");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  release();
  assert.equal((await late.promise).error, null);
  assert.match(await response.text(), /within 20 ms/);
});

Deno.test("deadline() drops a late error that nobody handles", async () => {
  const late = Promise.withResolvers<LateReport>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const app = new Hono<Env>();
  app.use("*", deadline({ ms: 20, onLate: late.resolve }));
  app.get("/", async () => {
    await held;
    // Hono's onError takes errors only: this one comes through to the middleware.
    throw "no error object";
  });
  assert.equal((await app.request("/")).status, 504);
  release();
  assert.equal((await late.promise).error, "no error object");
});

Deno.test("deadline() nearer to the handler wins, longer or shorter", async () => {
  const limits: number[] = [];
  const app = new Hono<Env>();
  app.use(
    "*",
    deadline({ ms: 20, onDeadline: (it) => limits.push(it.limit_ms) }),
  );
  app.use("/long/*", deadline(PLENTY_MS));
  app.use("/none/*", deadline(Infinity));
  app.use("/short/*", deadline({ ms: 10, status: 503 }));
  const waits = async () => {
    await new Promise((done) => setTimeout(done, 60));
    return new Response("done");
  };
  app.get("/long/x", waits);
  app.get("/none/x", waits);
  app.get("/short/x", (c) => untilAborted(c.var.deadline.signal));
  app.get("/x", (c) => untilAborted(c.var.deadline.signal));
  app.onError((_error, c) => c.text("", 500));
  assert.equal((await app.request("/long/x")).status, 200);
  assert.equal((await app.request("/none/x")).status, 200);
  assert.equal((await app.request("/short/x")).status, 503);
  assert.equal((await app.request("/x")).status, 504);
  assert.deepEqual(limits, [10, 20]);
});

Deno.test("deadline() hands on the client's own abort", async () => {
  const app = new Hono<Env>();
  app.use("*", deadline(PLENTY_MS));
  app.get("/", (c) => untilAborted(c.req.raw.signal));
  app.onError((error, c) => c.text(error.message));
  const client = new AbortController();
  const answer = app.request("/", { signal: client.signal });
  client.abort(new Error("went away"));
  assert.equal(await (await answer).text(), "went away");
});

/** A body of one chunk, then nothing for ever; tells when it was cancelled. */
function stuckBody(): {
  body: ReadableStream<Uint8Array>;
  cancelled: Promise<unknown>;
} {
  const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) return new Promise(() => {});
      sent = true;
      controller.enqueue(new TextEncoder().encode("first "));
    },
    cancel: resolve,
  });
  return { body, cancelled };
}

Deno.test("deadline() breaks off a body that has not ended, if it covers bodies", async () => {
  const reports: DeadlineReport[] = [];
  const { body, cancelled } = stuckBody();
  const app = new Hono<Env>();
  app.use(
    "*",
    deadline({ ms: 50, covers: "body", onDeadline: (it) => reports.push(it) }),
  );
  app.get("/stuck", () => new Response(body, { headers: { "x-kept": "yes" } }));
  app.get("/ends", (c) => c.text("all of it"));
  app.get("/empty", (c) => c.body(null, 204));
  await using server = Deno.serve({ port: 0, onListen() {} }, app.fetch);
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.equal(await (await fetch(`${url}/ends`)).text(), "all of it");
  assert.equal((await fetch(`${url}/empty`)).status, 204);
  const response = await fetch(`${url}/stuck`);
  assert.equal(response.headers.get("x-kept"), "yes");
  await assert.rejects(response.text());
  assert.equal((await cancelled as DOMException).name, "TimeoutError");
  assert.deepEqual(reports.map((it) => [it.phase, it.route]), [
    ["body", "GET /stuck"],
  ]);
});

Deno.test("deadline() lets a body take its time, if it covers the handler", async () => {
  const app = new Hono<Env>();
  app.use("*", deadline(50));
  app.get("/", () => {
    let left = 3;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, 40));
          if (left-- === 0) return controller.close();
          controller.enqueue(new TextEncoder().encode("x"));
        },
      }),
    );
  });
  assert.equal(await (await app.request("/")).text(), "xxx");
});

Deno.test("deadline() ends a body that its reader gave up", async () => {
  const { body, cancelled } = stuckBody();
  const app = new Hono<Env>();
  app.use("*", deadline({ ms: PLENTY_MS, covers: "body" }));
  app.get("/", () => new Response(body));
  const response = await app.request("/");
  await response.body!.cancel("enough");
  assert.equal(await cancelled, "enough");
});

Deno.test("deadline() hands a body's own failure on", async () => {
  const app = new Hono<Env>();
  app.use("*", deadline({ ms: PLENTY_MS, covers: "body" }));
  app.get("/", () =>
    new Response(
      new ReadableStream({
        pull() {
          throw new Error("disk is gone");
        },
      }),
    ));
  await assert.rejects((await app.request("/")).text(), /disk is gone/);
});

Deno.test("deadline() says how late the loop was, and takes an answer of one's own", async () => {
  await using monitor = startLoopMonitor({ log: null, graceMs: PLENTY_MS });
  const reports: DeadlineReport[] = [];
  const app = new Hono<Env>();
  app.use(
    "*",
    deadline({
      ms: 30,
      monitor,
      answer: (report, c) => c.json({ mine: report.route }, 418),
      onDeadline: (it) => reports.push(it),
    }),
  );
  app.get("/", async (c) => {
    await new Promise((done) => setTimeout(done, 1));
    const end = performance.now() + 100;
    while (performance.now() < end);
    return await untilAborted(c.var.deadline.signal);
  });
  app.onError((_error, c) => c.text("", 500));
  const response = await app.request("/");
  assert.equal(response.status, 418);
  assert.deepEqual(await response.json(), { mine: "GET /" });
  assert.ok(reports[0]!.lag_ms! > 50, `lag_ms: ${reports[0]!.lag_ms}`);
});

Deno.test("deadline() refuses limits that no timer can keep", () => {
  for (const ms of [0, -1, NaN, 2 ** 31]) {
    assert.throws(() => deadline(ms), /Cannot set deadline of/);
  }
});
