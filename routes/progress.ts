import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import { ProblemError } from "../src/errors.ts";
import { readBoard } from "../src/progress/board.ts";
import { createProgressHub } from "../src/progress/hub.ts";
import {
  createProgressSockets,
  type ProgressSocketsOptions,
} from "./_progress_sockets.ts";
import {
  createRouter,
  jsonContent,
  passThrough,
  problemContent,
} from "./router.ts";
import { sameToken } from "./write_guard.ts";

/** Options of {@linkcode progressRoutes}. */
export interface ProgressRoutesOptions extends
  Pick<
    ProgressSocketsOptions,
    "maxBufferedBytes" | "drainMs" | "pingMs" | "tickMs" | "onSize"
  > {
  /** Closes all sockets: the server stops. */
  stopping: AbortSignal;
  /** WebSockets of this server at once. @default {1_000} */
  maxSockets?: number;
  /**
   * Seconds within which a peer must answer Deno's ping, from when it was last
   * heard; a whole number.
   *
   * @default {30}
   */
  idleTimeoutS?: number;
}

const tags = ["progress"];

/**
 * A WebSocket is not bound by the same-origin policy: a page of another site
 * that the user looks at could read along.
 */
function checkOrigin(c: Context, token: string | undefined): void {
  const origin = c.req.header("origin");
  if (origin === undefined) return;
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  const given = /^Bearer\s+(.+)$/i.exec(c.req.header("authorization") ?? "")
    ?.[1] ?? c.req.query("token");
  if (token !== undefined && given !== undefined && sameToken(given, token)) {
    return;
  }
  throw new ProblemError("unauthorized", {
    detail:
      `Pages of ${origin} may not watch this server without ?token=<API_TOKEN>`,
  });
}

/** `/api/progress`: how every source is, and a WebSocket that tells of changes. */
export function progressRoutes(
  backend: Pick<Backend, "jobs" | "collections" | "config">,
  options: ProgressRoutesOptions,
) {
  const { maxSockets = 1_000, idleTimeoutS = 30, stopping } = options;
  const { jobs, collections } = backend;
  const sockets = createProgressSockets({
    ...options,
    onFirst: () => hub.start(),
    onLast: () => hub.stop(),
    initial: () => hub.initial(),
  });
  const goAway = () => sockets.close(1001, "The server stops");
  const hub = createProgressHub({
    jobs,
    collections,
    onMessage: (text) => sockets.broadcast(text),
    onClosed: goAway,
  });
  stopping.addEventListener("abort", goAway);
  const board = () => readBoard({ jobs, collections });

  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/status",
        tags,
        summary: "How every source is",
        responses: { 200: jsonContent("A status for each source") },
      }),
      async (c) => {
        const data = (await board()).all();
        const total_sources =
          data.filter(({ category }) => category === "data_source").length;
        const meta = { total_sources, total_entries: data.length };
        return c.json({ data, meta }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/status/{source}",
        tags,
        summary: "How one source is",
        request: { params: z.object({ source: z.string() }) },
        responses: {
          200: jsonContent("Its status"),
          404: problemContent("No such source"),
        },
      }),
      async (c) => {
        const { source } = c.req.valid("param");
        const data = (await board()).get(source);
        if (data === undefined) {
          throw new ProblemError("not-found", {
            detail: `There is no source "${source}"`,
          });
        }
        return c.json({ data, meta: { source_name: source } }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/dashboard",
        tags,
        summary: "How many sources are how, with sums of the last loads",
        responses: { 200: jsonContent("Sums, and a status for each source") },
      }),
      async (c) => {
        const sources = (await board()).all();
        const count = (status: string) =>
          sources.filter((it) => it.status === status).length;
        const sum = (
          field: `items_${"processed" | "added" | "updated" | "failed"}`,
        ) => sources.reduce((total, it) => total + it[field], 0);
        const data = {
          summary: {
            total_sources: sources.length,
            running: count("running"),
            completed: count("completed"),
            failed: count("failed"),
            total_items_processed: sum("items_processed"),
            total_items_added: sum("items_added"),
            total_items_updated: sum("items_updated"),
            total_items_failed: sum("items_failed"),
          },
          sources,
        };
        const meta = { last_update: new Date().toISOString() };
        return c.json({ data, meta }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/ws",
        tags,
        summary: "A WebSocket that tells how every source is, as it changes",
        description:
          "`initial_status`, then `progress_update`, `task_started`, `task_completed`, `task_failed` and `status_change`; `missed` with a new `initial_status` after a client was too slow; `ping` after 30 s in which it said nothing.",
        responses: {
          101: { description: "From here on, messages" },
          401: problemContent("A page of another site"),
          426: problemContent("The request is no upgrade to WebSocket"),
          503: problemContent("Too many are open, or the server stops"),
        },
      }),
      (c) => {
        if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
          throw new ProblemError("upgrade-required", {
            detail: "Connect to this address with a WebSocket",
          });
        }
        checkOrigin(c, backend.config.apiToken);
        if (stopping.aborted) {
          throw new ProblemError("not-ready", { detail: "The server stops" });
        }
        if (sockets.size >= maxSockets) {
          throw new ProblemError("too-many-sockets", {
            detail: `${maxSockets} WebSockets are open at this server`,
            retryAfterS: 10,
          });
        }
        const { socket, response } = Deno.upgradeWebSocket(c.req.raw, {
          idleTimeout: idleTimeoutS,
        });
        sockets.add(socket);
        const opened = new Promise((resolve) =>
          socket.addEventListener("open", resolve)
        );
        void Promise.all([opened, hub.ready()])
          .then(() => sockets.welcome(socket));
        return passThrough(response);
      },
    );
}
