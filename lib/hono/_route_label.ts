import type { Context } from "hono";
import { matchedRoutes } from "hono/route";

const METHODS = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** What Hono keeps on a handler that it wrapped for a sub-application. */
interface Composed {
  (...args: never[]): unknown;
  __COMPOSED_HANDLER?: Composed;
}

/** Hono's own rule: what takes `next` is middleware. */
function isMiddleware(handler: unknown): boolean {
  let target = handler as Composed;
  while (target.__COMPOSED_HANDLER) target = target.__COMPOSED_HANDLER;
  return target.length > 1;
}

/**
 * `GET /api/genes/:symbol`: method and matched route of a request. Hono has
 * matched all handlers before it calls the first, so it is known at any time.
 * Without a handler `GET (no route)`. Methods that nobody uses are `OTHER`:
 * the caller chooses them, and labels must not grow without bound.
 */
export function routeLabel(c: Context): string {
  const method = METHODS.has(c.req.method) ? c.req.method : "OTHER";
  const routes = matchedRoutes(c);
  for (let i = routes.length - 1; i >= 0; i--) {
    const route = routes[i]!;
    if (!isMiddleware(route.handler)) return `${method} ${route.path}`;
  }
  return `${method} (no route)`;
}
