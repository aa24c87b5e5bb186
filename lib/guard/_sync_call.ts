import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import {
  culpritOf,
  parseStack,
  type StackFrame,
} from "@loophound/toolkit/stack";
import type { Callable } from "./_place.ts";

const FRAMES = 12;

/**
 * Parts of the runtime that call what a program handed to them: timers,
 * events, microtasks. A call from any other part is the runtime's own.
 */
const DISPATCHER =
  /^ext:(?:core\/|deno_web\/02_(?:event|timers)|deno_node\/(?:_events|internal\/(?:timers|process|event_target)))/;

/** What the stack tells of a call. */
export interface Origin {
  /** Without frames of the runtime and the detectors, innermost first. */
  frames: StackFrame[];
  /** Whether the runtime or a detector made the call for its own purposes. */
  internal: boolean;
}

/** One call of a listed API, while it is being looked at. */
export class SyncCall {
  readonly api: BlockingApi;
  /** Null where it matters not, or is not known. */
  size: number | null;
  /** Milliseconds; null while it has not run. */
  durationMs: number | null = null;
  readonly #top: Callable;
  #sealed = false;
  #origin: Origin | undefined;

  /** @param top The outermost function of the guard on the stack. */
  constructor(api: BlockingApi, size: number | null, top: Callable) {
    this.api = api;
    this.size = size;
    this.#top = top;
  }

  /** Whether the stack has been taken. */
  get examined(): boolean {
    return this.#origin !== undefined;
  }

  /** Whether the call has left the stack: its origin cannot be known any more. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /** Gives an error the stack of the caller, without the guard's own frames. */
  trim(error: Error): void {
    if (!this.#sealed) Error.captureStackTrace(error, this.#top);
  }

  /** Says that the call leaves the stack. */
  seal(): void {
    this.#sealed = true;
  }

  /** Takes the stack, once: 0.1 to 0.3 ms. Only while the call is on it. */
  origin(): Origin {
    return this.#origin ??= originOf(stackBelow(this.#top));
  }
}

function originOf(stack: string): Origin {
  const caller = callerOf(stack);
  return {
    frames: parseStack(stack).filter((frame) => culpritOf([frame]) !== null)
      .slice(0, FRAMES),
    internal: caller !== undefined && culpritOf([caller]) === null &&
      !DISPATCHER.test(caller.file),
  };
}

/** Undefined where nobody called: what `async` lines name only waits for it. */
function callerOf(stack: string): StackFrame | undefined {
  for (const line of stack.split("\n")) {
    if (/^\s*at async /.test(line)) return undefined;
    const [frame] = parseStack(line);
    if (frame !== undefined) return frame;
  }
  return undefined;
}

/** Only the runtime's own formatting is understood, whatever a program has put in. */
function stackBelow(top: Callable): string {
  const limit = Error.stackTraceLimit;
  const prepare = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  if (prepare?.configurable === true) {
    Reflect.deleteProperty(Error, "prepareStackTrace");
  }
  // Frames of the runtime lie between.
  Error.stackTraceLimit = FRAMES + 8;
  try {
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, top);
    return typeof holder.stack === "string" ? holder.stack : "";
  } finally {
    Error.stackTraceLimit = limit;
    if (prepare?.configurable === true) {
      Object.defineProperty(Error, "prepareStackTrace", prepare);
    }
  }
}
