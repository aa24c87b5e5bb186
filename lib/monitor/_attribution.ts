import {
  createSourceMapper,
  culpritOf,
  type EmittedPosition,
  formatFrame,
  isHidden,
  type SourceMapper,
  type StackFrame,
} from "@loophound/toolkit/stack";
import { blockingApis } from "@loophound/toolkit/blocking_apis";
import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import {
  aliasesOf,
  type CallSite,
  type FunctionStart,
  readFunction,
} from "./_call_line.ts";
import type { EmittedFrame, Explanation } from "./_explain.ts";
import type { Pieces } from "./_own_work.ts";

/** Frames of a report's stack. */
const DEPTH = 12;
/** Files kept to find lines in, and the longest of them, bytes. */
const FILES = 64;
const LONGEST_FILE = 200_000;

/** How V8 names a regular expression that runs. */
const REGEX = "RegExp: ";
/** Behind the end of any line. */
const FAR = 10_000;
/** Columns at which a line's first statement may begin, or soon after. */
const COLUMNS = [1, 3, 5, 7, 9, 11, 13, 17, 21, 29, 41];

/** Where a block comes from, in the source. */
export interface Attribution {
  culprit: StackFrame | null;
  /** `function (file:line:column)`, innermost first. */
  stack: string[];
  /** What the culprit called of the list of blocking APIs, where that is seen. */
  api: BlockingApi | null;
}

interface Located {
  frame: StackFrame;
  api: BlockingApi | null;
}

const apisByName = Map.groupBy(
  blockingApis.filter((api) => api.nature === "sync"),
  (api) => api.name.slice(api.name.lastIndexOf(".") + 1),
);

/**
 * What of the list a call was, if the runtime ran in it. Several modules have
 * a `readFileSync`: whose it was tells the file that ran. Names that anything
 * may have (`close`, `run`, `get`) count only for natives and the file that
 * makes them.
 */
function apiOf(name: string, calleeFile: string): BlockingApi | undefined {
  if (calleeFile !== "" && !isHidden(calleeFile)) return undefined;
  const isNode = /^node:|deno_node/.test(calleeFile);
  const found = apisByName.get(name)?.filter((api) =>
    name.endsWith("Sync") || calleeFile === "" ||
    calleeFile.includes(api.module.replace(/^node:/, ""))
  );
  return found?.find((api) => api.module.startsWith("node:") === isNode) ??
    found?.[0];
}

/** Turns what a profile says into lines of the TypeScript source. */
export class Attributor {
  readonly #map: SourceMapper = createSourceMapper();
  readonly #mapped = new Set<string>();
  readonly #texts = new Map<string, string | null>();

  /** Where no source can be read, the function's first line stands. */
  *attribute({ frames, within }: Explanation): Pieces<Attribution> {
    const located: Located[] = [];
    for (const frame of frames.slice(0, DEPTH)) {
      located.push(yield* this.#locate(frame));
    }
    const stack = located.map((it) => it.frame);
    const culprit = culpritOf(stack);
    return {
      culprit,
      // Where nothing but the runtime was seen, that is better than nothing.
      stack: stack.length > 0
        ? stack.map(formatFrame)
        : within.slice(0, DEPTH).map(({ name, file }) =>
          `${name} (${file || "native"})`
        ),
      api: located.find((it) => it.frame === culprit)?.api ?? null,
    };
  }

  *#locate(frame: EmittedFrame): Pieces<Located> {
    const { function: name, file } = frame;
    // A module's own code has no beginning.
    const isModule = frame.line <= 1 && frame.column <= 1;
    const start = yield* this.#source(
      file,
      Math.max(1, frame.line),
      Math.max(1, frame.column),
    );
    const at = (
      line: number,
      column: number,
      api?: BlockingApi,
    ): Located => ({
      frame: {
        function: isModule ? "(module)" : name,
        file: start.file,
        line,
        column,
      },
      api: api ?? null,
    });
    const hot = frame.hotLine === null
      ? null
      : yield* this.#statementAt(file, frame.hotLine);
    if (hot !== null && frame.ownsTime) return at(...hot);
    if (frame.callees.length > 0) {
      const text = yield* this.#textOf(start.file);
      const call = text === null ? null : yield* callTo(text, {
        callees: frame.callees,
        start: isModule ? null : start,
        hotLine: hot?.[0] ?? null,
      });
      if (call !== null) {
        return at(call.line, 1, apiOf(call.name, frame.calleeFile));
      }
    }
    if (hot !== null) return at(...hot);
    return at(start.line, start.column);
  }

  /**
   * Where the first statement of an emitted line begins. A position in its
   * indentation is mapped to the end of the line before.
   */
  *#statementAt(
    file: string,
    line: number,
  ): Pieces<[line: number, column: number]> {
    const before = line === 1 ? null : yield* this.#source(file, line - 1, FAR);
    for (const column of COLUMNS) {
      const at = yield* this.#source(file, line, column);
      if (
        at.line !== before?.line || at.column !== before.column
      ) return [at.line, at.column];
    }
    return [(yield* this.#source(file, line, FAR)).line, 1];
  }

  /**
   * The position in the source. Takes 0.15 ms, the first one of a file much
   * more: its map is parsed, in one go (25 KB of source: 1 to 5 ms).
   */
  *#source(
    file: string,
    line: number,
    column: number,
  ): Pieces<EmittedPosition> {
    yield this.#mapped.has(file) ? undefined : "turn";
    this.#mapped.add(file);
    return this.#map({ file, line, column });
  }

  *#textOf(file: string): Pieces<string | null> {
    if (!this.#texts.has(file)) {
      yield readSource(file).then((text) => {
        const oldest = this.#texts.keys().next().value;
        if (this.#texts.size >= FILES && oldest !== undefined) {
          this.#texts.delete(oldest);
        }
        this.#texts.set(file, text);
      });
    }
    return this.#texts.get(file) ?? null;
  }
}

/**
 * Which of the calls led to what ran. Some functions of the runtime go by
 * another name inside (`gzipSync` is `syncBufferWrapper`): then it is a call
 * of something that is known to block. Of several the one in the line that was
 * seen running, or the last one before it.
 */
function* callTo(
  text: string,
  { callees, start, hotLine }: {
    callees: readonly string[];
    start: FunctionStart | null;
    hotLine: number | null;
  },
): Pieces<CallSite | null> {
  const source = readFunction(text, start);
  yield;
  const regex = callees.find((it) => it.startsWith(REGEX));
  if (regex !== undefined) {
    const pattern = regex.slice(REGEX.length);
    return nearest(source.regexSites(pattern), hotLine);
  }
  const { calls } = source;
  const find = (sites: readonly CallSite[], names: readonly string[]) =>
    nearest(sites.filter((it) => names.includes(it.name)), hotLine);
  for (const name of callees) {
    const found = find(calls, [name]);
    if (found !== null) return found;
  }
  const [nearestCallee] = callees;
  for (const name of callees) {
    yield;
    const others = aliasesOf(text, name);
    const found = find(calls, others) ??
      find(source.mentions, [name, ...others]);
    if (found !== null) return { ...found, name };
  }
  const known = calls.filter(({ name }) =>
    name.endsWith("Sync") && apisByName.has(name)
  );
  const found = nearest(known, hotLine);
  if (found !== null) return found;
  // Called by another name altogether; but it was called.
  return calls.length === 1 && nearestCallee !== undefined
    ? { ...calls[0]!, name: nearestCallee }
    : null;
}

function nearest(
  calls: readonly CallSite[],
  line: number | null,
): CallSite | null {
  const before = line === null
    ? undefined
    : calls.findLast((it) => it.line <= line);
  // What holds the loop for long is repeated more often than not.
  return before ?? calls.find((it) => it.inLoop) ?? calls[0] ?? null;
}

async function readSource(file: string): Promise<string | null> {
  if (!file.startsWith("file:")) return null;
  try {
    const url = new URL(file);
    if ((await Deno.stat(url)).size > LONGEST_FILE) return null;
    return await Deno.readTextFile(url);
  } catch {
    return null;
  }
}
