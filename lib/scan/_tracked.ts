/**
 * What of the runtime and of packages is worth following. Telling apart what
 * leads nowhere costs most of the time: measured on a program full of syntax
 * trees of a package, 90 s against 4.
 *
 * @module
 */
import {
  blockingApis,
  findBlockingApi,
} from "@loophound/toolkit/blocking_apis";
import { isRouterPackage } from "./_routers.ts";

const PREFIXES: ReadonlySet<string> = new Set([
  "global localStorage",
  "global sessionStorage",
  "global crypto",
  "global crypto.subtle",
  "Deno permissions",
  ...blockingApis.flatMap(({ module, name }) => {
    const parts = name.split(".");
    return parts.map((_, end) => `${module} ${parts.slice(0, end).join(".")}`);
  }),
]);

const PACKAGES: ReadonlySet<string> = new Set(
  blockingApis.flatMap(({ module }) =>
    module.startsWith("npm:") ? [module.slice(4)] : []
  ),
);

/** Whether something of the runtime blocks, or has something that does. */
export function leadsToBlocking(module: string, path: string): boolean {
  return PREFIXES.has(`${module} ${path}`) ||
    path === "" || findBlockingApi(module, path) !== undefined;
}

/** Whether it matters what of a package something is. */
export function isTracked(name: string): boolean {
  return isRouterPackage(name) || PACKAGES.has(name);
}
