const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** Rows of COPY's CSV form, cut around one of them. */
export interface CutCopy {
  before: Uint8Array<ArrayBuffer>;
  row: Uint8Array<ArrayBuffer>;
  after: Uint8Array<ArrayBuffer>;
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
export function cutCopy(
  bytes: Uint8Array<ArrayBuffer> | undefined,
  line: number | undefined,
): CutCopy | undefined {
  if (bytes === undefined || line === undefined) return undefined;
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
