import type { Clock } from "./clock.ts";
import type { Limits } from "./limits.ts";
import type { LimitStats } from "./types.ts";
import type { WaitWatch } from "./_waiter.ts";

/** A limit as a registry sees it. */
export interface Watched {
  readonly name: string;
  stats(): LimitStats;
  /** Undefined: hardly any work under way is no fault there. */
  load?(): { concurrent: number; queueDepth: number; capacity: number };
}

/** The side of a registry that its limits see. */
export interface Registry extends WaitWatch {
  readonly clock: Clock;
  /** @throws {Error} It has one of that name. */
  register(limit: Watched): void;
}

const registries = new WeakMap<Limits, Registry>();

/** Makes {@linkcode registryOf} find it. */
export function setRegistry(limits: Limits, registry: Registry): void {
  registries.set(limits, registry);
}

/** The inner side of what `openLimits` returned. */
export function registryOf(limits: Limits): Registry {
  const registry = registries.get(limits);
  if (registry === undefined) {
    throw new TypeError(
      "Cannot register a limit: the registry was not made by openLimits()",
    );
  }
  return registry;
}
