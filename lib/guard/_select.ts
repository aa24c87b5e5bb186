import {
  type BlockingApi,
  blockingApis,
} from "@loophound/toolkit/blocking_apis";
import { idMatcher } from "./_pattern.ts";
import type { GuardOptions } from "./types.ts";

/** Entries of the list to guard, and those that were asked for in vain. */
export interface Selection {
  apis: readonly BlockingApi[];
  impossible: readonly { api: string; reason: string }[];
}

/** Chooses from the list. */
export function selectApis(wanted: GuardOptions["apis"]): Selection {
  const asked = wanted === undefined
    ? isDefault
    : typeof wanted === "function"
    ? wanted
    : byId(wanted);
  const apis: BlockingApi[] = [];
  const impossible: { api: string; reason: string }[] = [];
  for (const api of blockingApis) {
    if (!asked(api)) continue;
    const reason = whyNot(api);
    if (reason === null) apis.push(api);
    else impossible.push({ api: api.id, reason });
  }
  return { apis, impossible };
}

function byId(
  patterns: Exclude<GuardOptions["apis"], undefined | Selector>,
): Selector {
  const matches = idMatcher(patterns);
  return (api) => matches(api.id);
}

type Selector = (api: BlockingApi) => boolean;

/**
 * What the list does not tell by default because it is mostly small, and what is
 * told here when it was slow. Other entries of that sort
 * (`String.prototype.localeCompare`) cost less than the clock that would be read
 * around them, and a `new Worker` that is refused afterwards is one more thread
 * that nobody ends.
 */
const BY_DURATION: ReadonlySet<string> = new Set([
  "structuredClone",
  "MessagePort.prototype.postMessage",
  "Worker.prototype.postMessage",
]);

function isDefault(api: BlockingApi): boolean {
  return api.nature === "sync" && whyNot(api) === null &&
    (api.byDefault || BY_DURATION.has(api.id));
}

/** Why a guard at the call can never tell, whatever the host; null: it can. */
function whyNot(api: BlockingApi): string | null {
  if (api.module.startsWith("npm:")) {
    return "a package's code is its own: the monitor sees what it does to the loop";
  }
  if (api.module === "node:module") {
    return "loading modules is the runtime's work: the monitor sees how long it takes";
  }
  if (api.id === "eval" || api.id === "Function") {
    return "a function in its place would mean something else to the program";
  }
  const of = api.size?.of;
  return api.nature === "in_name_only" && (of === "result" || of === "this")
    ? "it holds the loop after the call has returned: the monitor sees it"
    : null;
}
