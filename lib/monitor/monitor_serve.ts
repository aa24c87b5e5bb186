import type { LoopMonitor } from "./types.ts";

type Handler = (
  request: Request,
  info: unknown,
) => Response | Promise<Response>;

/** Labels beyond so many share one: who asks chooses the paths. */
const LABELS = 300;
/** Segments of a path that name one thing of many. */
const ID = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|.{40,})$/i;

/** `GET /orders/:id`: method and path, what looks like an id left out. */
export function requestLabel(method: string, url: string): string {
  const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] || "/";
  const pattern = path.split("/").map((it) => ID.test(it) ? ":id" : it)
    .join("/");
  return `${method} ${pattern}`;
}

/**
 * Monitors every handler that is given to `Deno.serve` from now on, whatever
 * framework it is of. A route's pattern is not known here, so requests go by
 * method and path; with Hono, `loopMonitor` of `@loophound/toolkit/hono` does
 * better.
 *
 * What was given to `Deno.serve` before is not monitored, nor the default
 * export of a program run by `deno serve`.
 *
 * @param monitor What measures.
 * @returns Dispose of it to have the runtime's own `Deno.serve` back; servers
 * started meanwhile stay monitored.
 *
 * @example
 * ```ts
 * import { monitorServe, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * await using monitor = startLoopMonitor();
 * using _ = monitorServe(monitor);
 * await using _server = Deno.serve(
 *   { port: 0, onListen() {} },
 *   () => new Response("hello"),
 * );
 * ```
 */
export function monitorServe(monitor: LoopMonitor): Disposable {
  const original = Object.getOwnPropertyDescriptor(Deno, "serve");
  const { serve } = Deno;
  const labels = new Set<string>();
  const labelOf = (request: Request) => {
    const label = requestLabel(request.method, request.url);
    if (labels.has(label)) return label;
    if (labels.size >= LABELS) return `${request.method} (other)`;
    labels.add(label);
    return label;
  };
  const watched = (handler: Handler): Handler => (request, info) =>
    monitor.measure(labelOf(request), () => handler(request, info), {
      function: handler.name === "" ? null : handler.name,
    });
  const monitored = (...args: unknown[]) =>
    Reflect.apply(
      serve,
      Deno,
      args.map((arg) => {
        if (typeof arg === "function") return watched(arg as Handler);
        const { handler } = (arg ?? {}) as { handler?: Handler };
        return typeof handler === "function"
          ? { ...arg as object, handler: watched(handler) }
          : arg;
      }),
    );
  Object.defineProperties(monitored, {
    name: { value: "serve", configurable: true },
  });
  Object.defineProperty(Deno, "serve", {
    value: monitored,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return {
    [Symbol.dispose]() {
      if (Deno.serve as unknown !== monitored || original === undefined) return;
      Object.defineProperty(Deno, "serve", original);
    },
  };
}
