import type { LogRecord, Sink } from "@logtape/logtape";
import { formatJson, formatPretty, type LogFormat } from "./format.ts";
import {
  type LogStream,
  openAsyncWriter,
  openThreadWriter,
  type Writer,
} from "./_writer.ts";

/** Options of {@linkcode openLogSink}. */
export interface LogSinkOptions {
  /** How lines are written. */
  format: LogFormat;
  /**
   * Which thread writes; "inline": none, writes are asynchronous.
   *
   * @default {"auto"}
   */
  kind?: "auto" | "node" | "web" | "inline";
  /**
   * Bytes that may wait to be written; beyond it records are dropped and
   * counted.
   *
   * @default {4 MiB}
   */
  maxBytes?: number;
  /** @default {"stdout"} */
  stream?: LogStream;
  /**
   * Colours in the pretty format.
   *
   * @default {!Deno.noColor}
   */
  colors?: boolean;
}

/** Figures of a sink. */
export interface LogSinkStats {
  /** Records that reached the stream. */
  written: number;
  /** Records that did not: no room, a closed pipe, or a closed sink. */
  dropped: number;
  /** Bytes that wait to be written. */
  bytes_in_flight: number;
}

/** Where log records leave the process. Made by {@linkcode openLogSink}. */
export interface LogSink extends AsyncDisposable {
  /** The sink itself, for LogTape's `configure()`. Never throws. */
  readonly sink: Sink;
  stats(): LogSinkStats;
  /**
   * Waits until all that was logged so far is written.
   *
   * @param timeoutMs Milliseconds to wait at most.
   * @returns Whether all has been written or dropped.
   */
  flush(timeoutMs?: number): Promise<boolean>;
}

/** A batch of this size does not wait for the end of the macrotask. */
const batchBytes = 64 * 1024;
/** Milliseconds that disposing waits for a slow stream. */
const closeMs = 1_000;

/**
 * Opens a sink that never holds the loop: records are formatted where they are
 * logged, and a thread writes them. What a slow or closed stream cannot take is
 * dropped and counted, and a line says how many there were.
 *
 * @returns The sink; who opens it disposes of it (`await using`), or its
 * thread keeps the process alive.
 *
 * @example
 * ```ts
 * import { configure, getLogger, reset } from "@logtape/logtape";
 * import { openLogSink } from "@loophound/toolkit/logging";
 *
 * await using log = openLogSink({ format: "json" });
 * await configure({
 *   sinks: { out: log.sink },
 *   loggers: [
 *     { category: "app", sinks: ["out"] },
 *     { category: ["logtape", "meta"], sinks: ["out"], lowestLevel: "error" },
 *   ],
 * });
 * getLogger("app").info("Listening on {port}", { port: 8000 });
 * await log.flush();
 * await reset();
 * ```
 */
export function openLogSink(options: LogSinkOptions): LogSink {
  const {
    format,
    kind = "auto",
    maxBytes = 4 * 2 ** 20,
    stream = "stdout",
    colors = !Deno.noColor,
  } = options;
  const formatRecord = (record: LogRecord) =>
    format === "json" ? formatJson(record) : formatPretty(record, { colors });
  const encoder = new TextEncoder();

  let written = 0;
  let dropped = 0;
  let unreported = 0;
  let inFlight = 0;
  let closed = false;
  let batch: Uint8Array[] = [];
  let batched = 0;
  let batchRecords = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // What was handed to the writer, in order: it answers once for each.
  const posted: { bytes: number; records: number }[] = [];
  const idle = new Set<() => void>();

  function drop(records: number): void {
    dropped += records;
    unreported += records;
  }

  function enqueue(bytes: Uint8Array, records: number): void {
    batch.push(bytes);
    batchRecords += records;
    batched += bytes.byteLength;
    inFlight += bytes.byteLength;
    if (batched >= batchBytes) post();
    else timer ??= setTimeout(post, 0);
  }

  function post(): void {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length === 0) return;
    const bytes = new Uint8Array(batched);
    let at = 0;
    for (const line of batch) {
      bytes.set(line, at);
      at += line.byteLength;
    }
    posted.push({ bytes: batched, records: batchRecords });
    batch = [];
    batchRecords = 0;
    batched = 0;
    writer.write(bytes);
  }

  function onWritten(ok: boolean): void {
    const done = posted.shift();
    if (done === undefined) return;
    inFlight -= done.bytes;
    if (ok) written += done.records;
    else drop(done.records);
    // Half the room must be back: a stream that is always full would else get
    // nothing but lines about what it lost.
    if (ok && unreported > 0 && inFlight <= maxBytes / 2 && !closed) report();
    if (inFlight === 0) {
      for (const resolve of idle) resolve();
      idle.clear();
    }
  }

  function report(): void {
    const count = unreported;
    unreported = 0;
    const text = `${count} log records were dropped: ${stream} is too slow`;
    const line = formatRecord({
      category: ["loophound", "logging"],
      level: "warning",
      message: [text],
      rawMessage: text,
      timestamp: Date.now(),
      properties: { dropped: count },
    });
    // Not a record of the program's: it is not counted as one.
    enqueue(encoder.encode(line), 0);
  }

  const openInline = () => openAsyncWriter({ stream, onWritten });
  let writer: Writer = kind === "inline" || typeof Worker === "undefined"
    ? openInline()
    : openThreadWriter({
      stream,
      onWritten,
      kind,
      onLost() {
        writer = openInline();
        while (posted.length > 0) onWritten(false);
      },
    });

  const sink: Sink = (record) => {
    if (closed) return drop(1);
    let bytes: Uint8Array;
    try {
      bytes = encoder.encode(formatRecord(record));
    } catch {
      return drop(1);
    }
    if (inFlight + bytes.byteLength > maxBytes) return drop(1);
    enqueue(bytes, 1);
  };

  async function flush(timeoutMs = 1_000): Promise<boolean> {
    post();
    if (inFlight === 0) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onIdle = () => resolve(true);
    idle.add(onIdle);
    const giveUp = setTimeout(() => resolve(false), timeoutMs);
    const flushed = await promise;
    clearTimeout(giveUp);
    idle.delete(onIdle);
    return flushed;
  }

  let closing: Promise<void> | undefined;
  const close = async () => {
    if (await flush(closeMs) && unreported > 0) {
      report();
      await flush(closeMs);
    }
    closed = true;
    clearTimeout(timer);
    await writer.close();
    // What the stream did not take in time is lost.
    while (posted.length > 0) onWritten(false);
  };
  return {
    sink,
    stats: () => ({ written, dropped, bytes_in_flight: inFlight }),
    flush,
    [Symbol.asyncDispose]: () => closing ??= close(),
  };
}
