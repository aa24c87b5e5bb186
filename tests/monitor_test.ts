/** What holds the loop is named; what only waits is not. */
import assert from "node:assert/strict";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { BlockReport } from "@loophound/toolkit/monitor";
import { onBothEngines } from "./helpers/system.ts";

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function testRoutes(app: OpenAPIHono): void {
  app.get("/test/spin/:ms", (c) => {
    spin(Number(c.req.param("ms")));
    return c.text("spun");
  });
  app.get("/test/spin-later", async (c) => {
    await wait(5);
    spin(30);
    return c.text("spun");
  });
  app.get("/test/throw", () => {
    spin(30);
    throw new Error("thrown on purpose");
  });
  app.get("/test/wait", async (c) => {
    await wait(200);
    return c.text("waited");
  });
}

onBothEngines(
  "A route that spins 30 ms is listed at /api/ops/blocks, one that waits is not",
  async (system) => {
    const ask = async (path: string) => {
      const response = await system.fetch(path);
      await response.text();
      return response.status;
    };
    assert.equal(await ask("/test/spin/30"), 200);
    assert.equal(await ask("/test/spin-later"), 200);
    assert.equal(await ask("/test/throw"), 500);
    // The victim waits while the other one spins: it must not be blamed.
    await Promise.all([ask("/test/wait"), ask("/test/spin/40")]);
    const { data } = await system.json<{ data: BlockReport[] }>(
      "/api/ops/blocks?limit=200",
    );
    const of = (route: string) => data.filter((block) => block.route === route);
    for (
      const [route, ms] of [
        ["GET /test/spin/:ms", 30],
        ["GET /test/spin-later", 30],
        ["GET /test/throw", 30],
      ] as const
    ) {
      const [block] = of(route);
      assert.ok(block !== undefined, `${route} is not listed`);
      assert.ok(block.longest_ms >= ms * 0.95, `${route}: ${block.longest_ms}`);
      assert.equal(
        block.message,
        `Potential event loop blocking in ${route}`,
      );
    }
    assert.equal(of("GET /test/spin/:ms").length, 2);
    assert.deepEqual(of("GET /test/wait"), []);
  },
  { app: { extend: testRoutes } },
);
