/** Reasons for what is not caught that several cases share. */
import type { Case, Miss } from "./case.ts";

/**
 * Hooks follow what continues a promise, timers and `process.nextTick`: other
 * callbacks that the runtime calls by itself belong to no call.
 */
const CALLBACK: Miss = {
  what: "route",
  why:
    "it runs in a callback that the runtime calls by itself, and no hook sees it",
};

/** For blocks in callbacks of `queueMicrotask`. */
export const IN_CALLBACK: NonNullable<Case["misses"]> = {
  exact: CALLBACK,
  profile: CALLBACK,
};

/** For work that the runtime does without a function of the program's. */
const NO_FRAME: Miss = {
  what: "line",
  why:
    "the runtime does it by itself: no function of the program is on the stack",
};
export const WITHOUT_FRAME: NonNullable<Case["misses"]> = {
  profile: NO_FRAME,
};

/** For work that a package puts into a queue of its own. */
const QUEUED: Miss = {
  what: "route",
  why:
    "a package runs it from a queue of its own: a part of it continues what others have begun",
};
export const IN_A_QUEUE: NonNullable<Case["misses"]> = {
  exact: QUEUED,
  profile: {
    what: "route",
    why: `${QUEUED.why}; nor is a function of the program on the stack`,
  },
};

/** After an await, when several handlers are in flight. */
export const ONE_OF_SEVERAL: NonNullable<Case["misses"]> = {
  light: {
    what: "route",
    why: "after an await it cannot tell which of several handlers it was",
  },
};

/** For calls that a package makes. */
export const IN_A_PACKAGE: Miss = {
  what: "report",
  why: "a package makes the call: only the program's own source is read",
};

/** For functions that are called by no name in the source. */
export const NAMELESS: Miss = {
  what: "line",
  why:
    "the source does not name the function that it calls there: the first line of the caller is given",
};

/** For code without a source or a name. */
export const WITHOUT_SOURCE: Miss = {
  what: "line",
  why:
    "the code that ran has no source, and no name that its caller calls it by: the first line of the caller is given",
};

/** For what the runtime does before the callback is called. */
export const BEFORE_CALLBACK: Miss = {
  what: "line",
  why:
    "the runtime does it around the callback: the first line of the function that set it up is given",
};
