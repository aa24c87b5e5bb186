import type { Readable } from "node:stream";
import type { Call } from "./_call.ts";
import { decompress } from "./_decompress.ts";
import { createTurns } from "./_turns.ts";
import {
  BodyFormatError,
  BodyTooLargeError,
  ConnectionError,
} from "./errors.ts";

/** What a timer takes; more is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Options of {@linkcode openBody}. */
export interface OpenBodyOptions {
  call: Call;
  /** As in the header, outermost last. */
  encodings: readonly string[];
  maxBytes: number;
  /** Milliseconds that a chunk may take to come. */
  stallMs: number;
  onBytes: (bytes: number) => void;
}

/**
 * The body as callers read it: decompressed, bounded, and failing when the
 * call does, read or not. It ends the call when it ends.
 */
export function openBody(
  body: Readable,
  { call, encodings, maxBytes, stallMs, onBytes }: OpenBodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { url, signal } = call;
  const turn = createTurns();
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let seen = 0;
  let cancelled = false;

  async function open(): Promise<AsyncIterator<Uint8Array>> {
    const source = await decompress(body, encodings);
    return source[Symbol.asyncIterator]();
  }
  // One timer a body: one a chunk took a tenth of a call's CPU time.
  let waitsSince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function watch(ms: number): void {
    timer = setTimeout(() => {
      const waited = performance.now() - (waitsSince ?? performance.now());
      if (waited < stallMs - 1) return watch(stallMs - waited);
      const cause = new Error(`nothing came for ${stallMs} ms`);
      call.fail(
        new ConnectionError(
          url,
          "reading the body",
          Object.assign(cause, { code: "ETIMEDOUT" }),
        ),
      );
    }, ms);
  }
  async function nextChunk(): Promise<IteratorResult<Uint8Array>> {
    waitsSince = performance.now();
    chunks ??= await open();
    const next = await chunks.next();
    waitsSince = undefined;
    return next;
  }
  function failure(error: unknown): unknown {
    const code = String((error as { code?: unknown } | null)?.code ?? "");
    if (/^(?:Z_|ERR_BROTLI|ERR__ERROR_)/.test(code)) {
      const why = code === "Z_BUF_ERROR"
        ? "it ends too early"
        : "its compressed bytes are damaged";
      return new BodyFormatError(url, {
        doing: "decompress",
        why,
        cause: error,
      });
    }
    return new ConnectionError(url, "reading the body", error);
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const fail = () => {
        clearTimeout(timer);
        body.destroy();
        controller.error(signal.reason);
      };
      if (signal.aborted) fail();
      else signal.addEventListener("abort", fail, { once: true });
    },
    async pull(controller) {
      try {
        const mayGoOn = turn();
        if (mayGoOn !== undefined) await mayGoOn;
        if (cancelled || signal.aborted) return;
        if (timer === undefined && stallMs <= LONGEST_TIMER_MS) watch(stallMs);
        const next = await nextChunk();
        if (cancelled || signal.aborted) return;
        if (next.done === true) {
          clearTimeout(timer);
          call.end();
          controller.close();
          return;
        }
        const { buffer, byteOffset, byteLength } = next.value;
        seen += byteLength;
        onBytes(byteLength);
        if (seen > maxBytes) {
          throw new BodyTooLargeError(url, {
            doing: "read",
            limitBytes: maxBytes,
            seenBytes: seen,
          });
        }
        // Not a Buffer, whose methods differ.
        controller.enqueue(
          new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
        );
      } catch (error) {
        // The reader gets it by the signal.
        call.fail(error instanceof BodyTooLargeError ? error : failure(error));
      }
    },
    cancel() {
      cancelled = true;
      clearTimeout(timer);
      body.destroy();
      call.end();
    },
  }, { highWaterMark: 0 });
}
