import assert from "node:assert/strict";
import { found } from "./_test_program.ts";

const HONO = `import { Hono } from "hono";\n`;
const config =
  `{ "imports": { "hono": "npm:hono@4", "@hono/zod-openapi": "npm:@hono/zod-openapi@1" } }`;

async function routes(main: string, more: Record<string, string> = {}) {
  const lines = await found({ "deno.json": config, "main.ts": main, ...more });
  return lines.map((line) => line.replace(/ > Deno\.\w+$/, ""));
}

Deno.test("scan() finds handlers of a Hono app", async () => {
  assert.deepEqual(
    await routes(`${HONO}
      const app = new Hono();
      app.get("/a", (c) => c.json(Deno.statSync("1")));
      app.post("/b", async (c) => { await 1; return c.json(Deno.statSync("2")); });
      app.use("/c/*", async (c, next) => { Deno.statSync("3"); await next(); });
      app.use(async function log(c, next) { await next(); Deno.statSync("4"); });
      app.on(["GET", "PUT"], ["/d", "/e"], (c) => c.json(Deno.statSync("5")));
      app.onError((error, c) => c.json(Deno.statSync("6")));
      app.notFound((c) => c.json(Deno.statSync("7")));
      app.all("/f", (c) => c.json(Deno.statSync("8")));`),
    [
      "GET /a: <anonymous>",
      "POST /b: <anonymous>",
      "USE /c/*: <anonymous>",
      "USE /*: log",
      "GET /d: <anonymous>",
      "GET /e: <anonymous>",
      "PUT /d: <anonymous>",
      "PUT /e: <anonymous>",
      "onError: <anonymous>",
      "notFound: <anonymous>",
      "ALL /f: <anonymous>",
    ],
  );
});

Deno.test("scan() finds several handlers of a route, chained calls, and handlers made by wrappers", async () => {
  assert.deepEqual(
    await routes(
      `${HONO}
      import { createFactory, createMiddleware } from "hono/factory";
      const factory = createFactory();
      const check = createMiddleware(async function check(c, next) { Deno.statSync("1"); await next(); });
      const handlers = factory.createHandlers(
        async function first(c, next) { Deno.statSync("2"); await next(); },
        function second(c) { return c.json(Deno.statSync("3")); },
      );
      const timed = (handler) => async function timed(c) { return await handler(c); };
      export default new Hono()
        .get("/a", check, ...handlers)
        .get("/b", timed(function third(c) { return c.json(Deno.statSync("4")); }));`,
    ),
    [
      "GET /a: check",
      "GET /a: first",
      "GET /a: second",
      "GET /b: timed > third",
    ],
  );
});

Deno.test("scan() knows the whole path of a mounted app", async () => {
  assert.deepEqual(
    await routes(
      `import { createRouter } from "./router.ts";
      import { genes } from "./genes.ts";
      import { jobs } from "./jobs.ts";
      const app = createRouter();
      const v1 = createRouter().basePath("/v1");
      v1.route("/genes", genes({ read: () => Deno.statSync("x") }));
      v1.route("/jobs", jobs);
      app.route("/api", v1);
      Deno.serve(app.fetch);`,
      {
        "router.ts": `${HONO}export const createRouter = () => new Hono();`,
        "genes.ts": `import { createRouter } from "./router.ts";
          export function genes(store) {
            const router = createRouter();
            router.get("/:symbol", (c) => c.json(store.read()));
            return router;
          }`,
        "jobs.ts": `import { createRouter } from "./router.ts";
          export const jobs = createRouter();
          jobs.get("/", (c) => c.json(Deno.lstatSync("y")));
          jobs.route("/logs", new (Object.getPrototypeOf(jobs).constructor)());`,
      },
    ),
    [
      "GET /api/v1/jobs: <anonymous>",
      "GET /api/v1/genes/:symbol: <anonymous> > read",
    ],
  );
});

Deno.test("scan() reads routes of OpenAPI", async () => {
  assert.deepEqual(
    await routes(`
      import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
      const route = createRoute({ method: "get", path: "/genes/{symbol}", responses: {} });
      const app = new OpenAPIHono();
      app.openapi(route, async (c) => c.json(Deno.statSync("x")));`),
    ["GET /genes/:symbol: <anonymous>"],
  );
});

Deno.test("scan() knows a router by its type, and by what it is called with", async () => {
  assert.deepEqual(
    await routes(`
      import type { Hono } from "hono";
      export function install(app: Hono) { app.get("/a", (c) => c.json(Deno.statSync("1"))); }
      export function plain(app) { app.post("/b", (c) => c.json(Deno.statSync("2"))); }
      export function cache(store) { store.get("key", () => Deno.statSync("3")); }`),
    ["GET /a: <anonymous>", "POST /b: <anonymous>"],
  );
});

Deno.test("scan() keeps apart routes of one loop", async () => {
  assert.deepEqual(
    await routes(`${HONO}
      const app = new Hono();
      const details = [
        ["/name", () => "x"],
        ["/size", () => Deno.statSync("x").size],
      ] as const;
      for (const [path, answer] of details) app.get(path, (c) => c.json(answer()));`),
    [
      "GET /name: <anonymous> > <anonymous>",
      "GET /size: <anonymous> > <anonymous>",
    ],
  );
});

Deno.test("scan() knows routers of other packages", async () => {
  assert.deepEqual(
    await routes(`
      import express from "npm:express@5";
      const app = express();
      const router = express.Router();
      router.get("/x", (request, response) => response.send(Deno.statSync("x")));
      app.use("/api", router);`),
    ["GET /api/x: <anonymous>"],
  );
});
