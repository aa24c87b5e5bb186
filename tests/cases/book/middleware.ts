/** Middleware, error handlers, the handler of what is not found. */
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

const authenticate = createMiddleware(async function authenticate(c, next) {
  let key = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: middleware_before
    key = (key * 31 + i) % 1_000_003; // culprit: middleware_before
  }
  c.header("x-key", String(key));
  await next();
});
app.get("/middleware/before", authenticate, (c) => c.text("ok"));

const measure = createMiddleware(async function measure(c, next) {
  await next();
  let size = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: middleware_after
    size = (size * 37 + i) % 1_000_003; // culprit: middleware_after
  }
  c.header("x-size", String(size));
});
app.get("/middleware/after", measure, async (c) => {
  await pause(2);
  return c.text("ok");
});

const sign = createMiddleware(async function sign(c, next) {
  await pause(2);
  let mark = 0;
  for (let i = 0; i < 20_000_000; i++) { // culprit: middleware_after_await
    mark = (mark * 41 + i) % 1_000_003; // culprit: middleware_after_await
  }
  c.header("x-mark", String(mark));
  await next();
});
app.use("/middleware/wild/*", sign);
app.get("/middleware/wild/:card", (c) => c.text(c.req.param("card")));

const failing = new Hono();
failing.onError(function explain(error, c) {
  let code = error.message.length;
  for (let i = 0; i < 20_000_000; i++) { // culprit: middleware_on_error
    code = (code * 43 + i) % 1_000_003; // culprit: middleware_on_error
  }
  return c.text(`E${code}`, 500);
});
failing.get("/", () => {
  throw new Error("Cannot do it: on purpose");
});
app.route("/middleware/failing", failing);

type Label = Parameters<typeof block>[1];
const middleware = (
  label: Pick<Label, "title" | "request" | "function"> & Partial<Label>,
): Label => ({
  kind: "cpu loop",
  where: "middleware",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "middleware_before",
    middleware({
      title: "middleware, before the handler",
      request: "GET /middleware/before",
      function: "authenticate",
    }),
  ),
  block(
    "middleware_after",
    middleware({
      title: "middleware, after the handler",
      request: "GET /middleware/after",
      function: "measure",
    }),
  ),
  block(
    "middleware_after_await",
    middleware({
      title: "middleware of a path, after an await",
      request: "GET /middleware/wild/7",
      route: "GET /middleware/wild/:card",
      function: "sign",
    }),
  ),
  block(
    "middleware_on_error",
    middleware({
      title: "the error handler of a mounted app",
      request: "GET /middleware/failing",
      function: "explain",
    }),
  ),
];
