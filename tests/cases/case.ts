import type { Hono } from "hono";

/** What holds the loop. */
export type Kind =
  | "cpu loop"
  | "json"
  | "regular expression"
  | "sort"
  | "text"
  | "sync file"
  | "child process"
  | "crypto"
  | "zlib"
  | "parked"
  | "wasm"
  | "sqlite"
  | "clone"
  | "garbage collection"
  | "code loading"
  | "embedded database";

/** Where it happens. */
export type Where =
  | "first stretch"
  | "after an await"
  | "helper"
  | "helper's continuation"
  | "timer"
  | "event callback"
  | "stream callback"
  | "middleware"
  | "microtasks"
  | "handlers at once"
  | "before a throw";

/** What a case is tried with. */
export type Detector =
  | "light"
  | "exact"
  | "profile"
  | "guard"
  | "scan"
  | "lint";

/** What a detector cannot tell of a case. */
export interface Miss {
  /** `report`: nothing at all. `route` and `line`: a report without them. */
  what: "report" | "route" | "line";
  why: string;
}

export type Cause = "cpu" | "sync_io" | "gc" | "parked" | "module_load";

interface CaseBase {
  /** Unique; markers in the source (`// culprit: name`) name it. */
  name: string;
  /** What happens, in a few words. */
  title: string;
  /** `GET /path?query`, or several that are sent at the same time. */
  request?: string | readonly string[];
  /** Body of each request. */
  body?: () => Promise<BodyInit> | BodyInit;
  /** What sets it off when it is no request; settles when it is over. */
  start?: () => void | Promise<void>;
  /** Makes what the case needs, before every run. */
  prepare?: () => void | Promise<void>;
  /** By detector, beyond what follows from the rules in expectations.ts. */
  misses?: Partial<Record<Detector, Miss>>;
}

/** Code that holds the loop, and what a report should say. */
export interface BlockCase extends CaseBase {
  kind: Kind;
  where: Where;
  /**
   * Route to blame, null when it is no request's. Several when more than one
   * answer is right: a timer that a handler sets belongs to it, or to no one.
   *
   * @default {the route of `request`}
   */
  route?: string | null | readonly (string | null)[];
  /** Function around the marked line; null when it has no name. */
  function: string | null;
  cause: Cause;
  /** `id` in the list of blocking APIs; null for computing of its own. */
  api: string | null;
  /** Milliseconds for which the loop is held on the machine of docs/detectors.md. */
  blockMs: number;
}

/** Code that must stay unreported. */
export interface InnocentCase extends CaseBase {
  /** What tells it from a block. */
  why: string;
}

export type Case =
  | ({ innocent: false } & BlockCase)
  | ({ innocent: true } & InnocentCase);

/** A file of the case book: an ordinary app, and the labels of its cases. */
export interface CaseModule {
  app: Hono;
  cases: readonly Case[];
}

/** Labels a block. */
export function block(name: string, label: Omit<BlockCase, "name">): Case {
  return { innocent: false, name, ...label };
}

/** Labels an innocent. */
export function innocent(
  name: string,
  label: Omit<InnocentCase, "name">,
): Case {
  return { innocent: true, name, ...label };
}

/** The requests of a case, by method and path. */
export function requestsOf(
  { request }: Pick<Case, "request">,
): { method: string; path: string }[] {
  const all = request === undefined
    ? []
    : typeof request === "string"
    ? [request]
    : request;
  return all.map((text) => {
    const [method, path] = text.split(" ");
    return { method: method!, path: path! };
  });
}

/** The routes that a report of the case may name. */
export function routesOf(
  { route, request }: Pick<BlockCase, "route" | "request">,
): readonly (string | null)[] {
  if (route === undefined) {
    const [first] = requestsOf(request === undefined ? {} : { request });
    return first === undefined
      ? [null]
      : [`${first.method} ${first.path.split("?")[0]}`];
  }
  return typeof route === "string" || route === null ? [route] : route;
}
