/** One frame of a stack. */
export interface StackFrame {
  /** `(anonymous)` where the function has no name. */
  function: string;
  /** URL, as the runtime tells it: `file:///srv/app/main.ts`. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

const FRAME =
  /^\s*at (?:(?:async )?(.*?) \()?((?:file|https?|data|blob|ext|node|jsr|npm):.*?):(\d+):(\d+)\)?$/;
const TOOLKIT = new URL("../", import.meta.url).href;
const LONGEST = 12;

/**
 * Reads the frames of a stack, innermost first. Frames without a position
 * (natives, `Promise.all (index 0)`) are left out.
 *
 * Deno itself maps `Error.stack` to the TypeScript source.
 *
 * @param stack An `error.stack`.
 * @returns The frames.
 *
 * @example
 * ```ts
 * import { parseStack } from "@loophound/toolkit/stack";
 *
 * console.log(parseStack(new Error().stack ?? "")[0]?.line);
 * ```
 */
export function parseStack(stack: string): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const text of stack.split("\n")) {
    const found = FRAME.exec(text);
    if (found === null) continue;
    const [, name, file, line, column] = found;
    frames.push({
      function: name?.replace(/^async /, "") || "(anonymous)",
      file: file!,
      line: Number(line),
      column: Number(column),
    });
  }
  return frames;
}

/**
 * Whether a file is the runtime's or one of this toolkit's detectors, and so
 * never what a report is about.
 *
 * @param file URL of a frame.
 * @returns True for what reports leave out.
 */
export function isHidden(file: string): boolean {
  // Neither is code that has no source to point at: WASM, `node:vm`, natives.
  if (!/^(?:file|https?|data|blob|npm|jsr):/.test(file)) return true;
  // The toolkit's tests block on purpose, and are what their reports are about.
  // So do the examples in its docs, which run as `file.ts#35-42.ts`.
  return file.startsWith(TOOLKIT) && !file.includes("#") &&
    !/_test\.ts$|\/_(?:test|fixture)[a-z_]*\.ts$/.test(file) &&
    /\/(?:monitor|guard|hono|stack|testing|blocking_apis)\//.test(
      file.slice(TOOLKIT.length - 1),
    );
}

/**
 * Whether a frame is the application's own: no package's, not the runtime's,
 * not the toolkit's.
 *
 * @param frame Anything with a file URL.
 * @returns True for own code.
 */
export function isOwnFrame(frame: Pick<StackFrame, "file">): boolean {
  return !isHidden(frame.file) &&
    !/\/node_modules\/|\/npm\/registry\.|^(?:npm|jsr):/.test(frame.file);
}

/**
 * The frame to blame: the innermost one of the application's own code, else
 * the innermost one of a package.
 *
 * @param frames Innermost first.
 * @returns The frame, or null when there are only frames of the runtime.
 */
export function culpritOf(frames: readonly StackFrame[]): StackFrame | null {
  return frames.find(isOwnFrame) ??
    frames.find((frame) => !isHidden(frame.file)) ?? null;
}

/** `handle (file:///srv/app/main.ts:12:3)`. */
export function formatFrame(frame: StackFrame): string {
  return `${frame.function} (${frame.file}:${frame.line}:${frame.column})`;
}

/**
 * The stack of the caller, without frames of the runtime and the toolkit.
 *
 * @param depth Frames to keep at most.
 * @returns Innermost first.
 */
export function captureStack(depth: number = LONGEST): StackFrame[] {
  const limit = Error.stackTraceLimit;
  // Wrappers of the runtime and the toolkit come on top of what is wanted.
  Error.stackTraceLimit = depth + 16;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  return parseStack(stack).filter(({ file }) => !isHidden(file))
    .slice(0, depth);
}
