/** Routers of packages: which packages, and how routes are registered. */
import type { EntryKind } from "./types.ts";
import { NONE, type PackageValue, type Value } from "./_values.ts";

const ROUTER_PACKAGES =
  /^(?:hono|@hono\/[^/]+|express|fastify|koa|@koa\/router|koa-router|oak|@oak\/oak|elysia|polka|itty-router|h3|find-my-way)(?:\/|$)/;

/** Whether a package is one that routes requests. */
export function isRouterPackage(name: string): boolean {
  return ROUTER_PACKAGES.test(name);
}

const METHODS = new Set([
  "get",
  "post",
  "put",
  "patch",
  "delete",
  "options",
  "head",
  "all",
]);

/** Methods of a router that take handlers and give the router back. */
export const REGISTERING: ReadonlySet<string> = new Set([
  ...METHODS,
  "del",
  "mount",
  "notFound",
  "on",
  "onError",
  "openapi",
  "route",
  "use",
]);

/** What a call of a router's method registers. */
export interface RouteCall {
  kind: EntryKind;
  /** `GET`, `USE`, `onError`. */
  methods: readonly string[];
  /** Empty when the method takes none. */
  paths: readonly string[];
  /** Arguments from here on are handlers. */
  handlersFrom: number;
}

function textsOf(values: readonly Value[]): string[] {
  return values.flatMap((value) => value.kind === "text" ? [value.text] : []);
}

/** `/{id}` of OpenAPI is `/:id` of Hono. */
function asHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

interface Reader {
  property(values: readonly Value[], name: string): readonly Value[];
  elements(values: readonly Value[]): readonly Value[];
}

/**
 * Reads a call of a router's method.
 *
 * @param method Name of the method: `get`, `use`, `openapi`.
 */
export function readRouteCall(
  method: string,
  args: readonly (readonly Value[])[],
  reader: Reader,
): RouteCall | null {
  const first = args[0] ?? NONE;
  const paths = textsOf(first);
  const hasPath = paths.length > 0;
  if (METHODS.has(method) || method === "del") {
    return {
      kind: "route",
      methods: [method === "del" ? "DELETE" : method.toUpperCase()],
      // A path that is known only at run time is still a path.
      paths: hasPath ? paths : ["*"],
      handlersFrom: 0,
    };
  }
  switch (method) {
    case "use":
      return {
        kind: "middleware",
        methods: ["USE"],
        paths: hasPath ? paths : ["*"],
        handlersFrom: 0,
      };
    case "on": {
      const names = textsIn(first, reader);
      const where = textsIn(args[1] ?? NONE, reader);
      if (where.length === 0) return null;
      return {
        kind: "route",
        methods: names.length > 0 ? names : ["ALL"],
        paths: where,
        handlersFrom: 2,
      };
    }
    case "openapi": {
      const methods = textsOf(reader.property(first, "method"));
      const routes = textsOf(reader.property(first, "path"));
      return {
        kind: "route",
        methods: methods.length > 0
          ? methods.map((name) => name.toUpperCase())
          : ["ALL"],
        paths: routes.length > 0 ? routes.map(asHonoPath) : ["*"],
        handlersFrom: 1,
      };
    }
    case "notFound":
    case "onError":
    case "setErrorHandler":
    case "setNotFoundHandler":
      return {
        kind: "middleware",
        methods: [method],
        paths: [],
        handlersFrom: 0,
      };
    case "mount":
      return {
        kind: "route",
        methods: ["ALL"],
        paths: hasPath ? paths : ["*"],
        handlersFrom: 1,
      };
    default:
      return null;
  }
}

function textsIn(values: readonly Value[], reader: Reader): string[] {
  const own = textsOf(values);
  return own.length > 0 ? own : textsOf(reader.elements(values));
}

/** One router mounted under another. */
export interface Mount {
  readonly parent: PackageValue;
  readonly prefix: string;
  readonly child: PackageValue;
}

function joined(prefix: string, path: string): string {
  const start = prefix.replace(/\/+$/, "");
  const end = path.replace(/^\/+/, "");
  return end === "" ? start || "/" : `${start}/${end}`;
}

function rootOf(made: string): string {
  return made.slice(made.lastIndexOf(">") + 1);
}

/** The routes of routers, with the paths of those they are mounted under. */
export class RouteLabels {
  readonly #mounts: Mount[] = [];

  mount(mount: Mount): void {
    this.#mounts.push(mount);
  }

  /** Prefixes under which a router is reached; one at least. */
  #prefixesOf(router: PackageValue, seen: readonly PackageValue[]): string[] {
    if (seen.length > 6 || seen.includes(router)) return [];
    const { made, prefix } = router;
    let above = made === ""
      ? []
      : this.#mounts.filter(({ child }) =>
        child.made === made || child.made.endsWith(`>${made}`)
      );
    if (above.length === 0 && made.includes(">")) {
      above = this.#mounts.filter(({ child }) =>
        child.made !== "" && rootOf(child.made) === rootOf(made)
      );
    }
    const prefixes = above.flatMap((mount) =>
      this.#prefixesOf(mount.parent, [...seen, router]).map((start) =>
        joined(start, mount.prefix)
      )
    );
    return (prefixes.length > 0 ? prefixes : [""]).map((start) =>
      prefix === "" ? start : joined(start, prefix)
    );
  }

  /** `GET /api/genes/:symbol`, once for every place the router is mounted. */
  labelsOf(
    router: PackageValue,
    { methods, paths }: Pick<RouteCall, "methods" | "paths">,
  ): string[] {
    const prefixes = [...new Set(this.#prefixesOf(router, []))];
    const labels = methods.flatMap((method) =>
      prefixes.flatMap((prefix) =>
        paths.length === 0
          ? [`${method}${prefix === "" ? "" : ` ${prefix}`}`]
          : paths.map((path) => `${method} ${joined(prefix, path)}`)
      )
    );
    return [...new Set(labels)].sort().slice(0, 16);
  }
}
