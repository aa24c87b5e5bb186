const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** Rows of COPY's CSV form, cut around one of them. */
export interface CutCopy {
  before: Uint8Array;
  row: Uint8Array;
  after: Uint8Array;
}

/** The line that an error of COPY is about, 1-based, from its context. */
export function copyErrorLine(error: unknown): number | undefined {
  const { where } = error as { where?: unknown };
  const found = typeof where === "string"
    ? /^COPY .*, line (\d+)/.exec(where)
    : null;
  return found === null ? undefined : Number(found[1]);
}

/**
 * Cuts rows around the one in a line; undefined where that cannot be told:
 * with quotes, lines are not rows.
 */
export function cutCopy(bytes: Uint8Array, line: number): CutCopy | undefined {
  if (bytes.includes(QUOTE)) return undefined;
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1) return undefined;
    start = end + 1;
  }
  if (start >= bytes.length) return undefined;
  const feed = bytes.indexOf(LINE_FEED, start);
  const end = feed === -1 ? bytes.length : feed + 1;
  return {
    before: bytes.subarray(0, start),
    row: bytes.subarray(start, end),
    after: bytes.subarray(end),
  };
}

/** How many lines end in the bytes. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  let at = bytes.indexOf(LINE_FEED);
  while (at !== -1) {
    lines++;
    at = bytes.indexOf(LINE_FEED, at + 1);
  }
  return lines;
}

/** The rows in parts of so many; whole where quotes make that hard to tell. */
export function* partsOfLines(
  bytes: Uint8Array,
  lines: number,
): Generator<Uint8Array> {
  if (bytes.includes(QUOTE)) {
    yield bytes;
    return;
  }
  let start = 0;
  let found = 0;
  for (
    let at = bytes.indexOf(LINE_FEED);
    at !== -1;
    at = bytes.indexOf(LINE_FEED, at + 1)
  ) {
    if (++found % lines > 0) continue;
    yield bytes.subarray(start, at + 1);
    start = at + 1;
  }
  if (start < bytes.length || bytes.length === 0) yield bytes.subarray(start);
}
