import type { RowBatch } from "@loophound/toolkit/csv";

const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** How large a slice may be; a record longer than `bytes` is a slice alone. */
export interface SliceLimits {
  rows: number;
  bytes: number;
}

/**
 * Index behind the record that starts at `start`, or -1 where it does not
 * end. Newlines within quotes belong to the record.
 */
function recordEnd(bytes: Uint8Array, start: number): number {
  let from = start;
  let quoted = false;
  let seen = start;
  while (true) {
    const newline = bytes.indexOf(NEWLINE, from);
    if (newline === -1) return -1;
    // A doubled quote toggles twice, which comes to the same.
    for (let i = seen; i < newline; i++) {
      if (bytes[i] === QUOTE) quoted = !quoted;
    }
    if (!quoted) return newline + 1;
    seen = from = newline + 1;
  }
}

/**
 * Cuts batches into slices of whole records. Slices do not join batches: one
 * ends where its batch ends.
 *
 * @throws {Error} A batch does not hold as many records as it says, or its
 * last record has no end.
 */
export function* sliceRows(
  batch: RowBatch,
  limits: SliceLimits,
): Generator<RowBatch> {
  const { bytes } = batch;
  const plain = bytes.indexOf(QUOTE) === -1;
  let total = 0;
  let start = 0;
  let rows = 0;
  let end = 0;
  while (end < bytes.length) {
    const next = plain
      ? bytes.indexOf(NEWLINE, end) + 1 || -1
      : recordEnd(bytes, end);
    if (next === -1) {
      throw new Error(
        `Cannot slice ${batch.rows} rows: the last record has no line end`,
      );
    }
    if (rows > 0 && next - start > limits.bytes) {
      yield { bytes: bytes.subarray(start, end), rows };
      start = end;
      rows = 0;
    }
    rows++;
    total++;
    end = next;
    if (rows === limits.rows) {
      yield { bytes: bytes.subarray(start, end), rows };
      start = end;
      rows = 0;
    }
  }
  if (rows > 0) yield { bytes: bytes.subarray(start, end), rows };
  if (total !== batch.rows) {
    throw new Error(
      `Cannot slice a batch: it holds ${total} records and says ${batch.rows}`,
    );
  }
}

/** Cuts batches into slices, joining those that are smaller than a slice. */
export async function* joinedSlices(
  batches: AsyncIterable<RowBatch>,
  limits: SliceLimits,
): AsyncGenerator<RowBatch, void> {
  let pieces: RowBatch[] = [];
  let rows = 0;
  let bytes = 0;
  const take = (): RowBatch => {
    const only = pieces.length === 1 ? pieces[0] : undefined;
    const joined = only?.bytes ?? new Uint8Array(bytes);
    if (only === undefined) {
      let at = 0;
      for (const piece of pieces) {
        joined.set(piece.bytes, at);
        at += piece.bytes.length;
      }
    }
    const slice = { bytes: joined, rows };
    pieces = [];
    rows = bytes = 0;
    return slice;
  };
  for await (const batch of batches) {
    for (const piece of sliceRows(batch, limits)) {
      if (
        rows > 0 && (rows + piece.rows > limits.rows ||
          bytes + piece.bytes.length > limits.bytes)
      ) {
        yield take();
      }
      pieces.push(piece);
      rows += piece.rows;
      bytes += piece.bytes.length;
    }
  }
  if (rows > 0) yield take();
}
