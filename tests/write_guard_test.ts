/** Who may write: a token where there is one, else loopback alone. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { onError } from "../routes/problem.ts";
import { writeGuard } from "../routes/write_guard.ts";

function app(token: string | undefined, loopback: boolean): Hono {
  const app = new Hono();
  app.onError(onError);
  app.use("*", writeGuard({ token, isLoopback: () => loopback }));
  app.post("/x", (c) => c.text("written"));
  return app;
}

const post = (headers: Record<string, string> = {}, host = "localhost:8000") =>
  new Request(`http://${host}/x`, {
    method: "POST",
    headers: { host, ...headers },
  });

async function status(app: Hono, request: Request): Promise<number> {
  const response = await app.fetch(request);
  await response.text();
  return response.status;
}

Deno.test("writeGuard() lets a bearer of the token write, and nobody else", async () => {
  const guarded = app("secret", false);
  assert.equal(await status(guarded, post()), 401);
  assert.equal(
    await status(guarded, post({ authorization: "Bearer wrong!" })),
    401,
  );
  assert.equal(
    await status(guarded, post({ authorization: "Bearer secret" })),
    200,
  );
});

Deno.test("writeGuard() without a token lets loopback write", async () => {
  assert.equal(await status(app(undefined, true), post()), 200);
  assert.equal(await status(app(undefined, false), post()), 401);
});

Deno.test("writeGuard() without a token refuses pages of other sites", async () => {
  const open = app(undefined, true);
  assert.equal(
    await status(open, post({ origin: "https://evil.example" })),
    401,
  );
  assert.equal(await status(open, post({}, "rebound.example")), 401);
  assert.equal(
    await status(open, post({ origin: "http://localhost:8000" })),
    200,
  );
});
