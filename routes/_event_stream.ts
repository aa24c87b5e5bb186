import { getLogger } from "@logtape/logtape";

const logger = getLogger(["loophound", "http"]);

/** One message of a stream of server-sent events. */
export interface ServerSentEvent {
  /** Name of the event; without one it is a `message`. */
  event?: string;
  /** What the client sends as `Last-Event-ID` when it comes again. */
  id?: number;
  /** Sent as JSON, in one line. */
  data?: unknown;
  /** After how many milliseconds the client is to come again. */
  retry?: number;
}

/** Options of {@linkcode eventStream}. */
export interface EventStreamOptions {
  /**
   * Ends the stream, besides the client's leaving: the client's own signal,
   * and the one of a server that stops.
   */
  signals: readonly AbortSignal[];
  /**
   * A comment is sent after so many milliseconds of silence: proxies cut
   * connections that look idle.
   *
   * @default {15_000}
   */
  heartbeatMs?: number;
}

const encoder = new TextEncoder();

/** An event as it goes over the wire. */
export function encodeEvent(event: ServerSentEvent): Uint8Array<ArrayBuffer> {
  let text = "";
  if (event.event !== undefined) text += `event: ${event.event}\n`;
  if (event.id !== undefined) text += `id: ${event.id}\n`;
  if (event.retry !== undefined) text += `retry: ${event.retry}\n`;
  // JSON has no line ends.
  if (event.data !== undefined) text += `data: ${JSON.stringify(event.data)}\n`;
  return encoder.encode(`${text}\n`);
}

/**
 * Answers with events that are made when the client takes them, one at a
 * time: a slow client makes nothing pile up here.
 *
 * @param make Makes the events. It must end, by throwing or returning, soon
 * after its signal was aborted. When it fails, the stream ends and the client
 * comes again.
 */
export function eventStream(
  make: (signal: AbortSignal) => AsyncGenerator<ServerSentEvent>,
  options: EventStreamOptions,
): Response {
  const { signals, heartbeatMs = 15_000 } = options;
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, ...signals]);
  let events: AsyncGenerator<ServerSentEvent> | undefined;
  let next: Promise<IteratorResult<ServerSentEvent, void>> | undefined;

  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      events ??= make(signal);
      next ??= events.next();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), heartbeatMs);
      });
      try {
        const result = await Promise.race([next, silence]);
        if (result === undefined) {
          controller.enqueue(encoder.encode(": still here\n\n"));
          return;
        }
        next = undefined;
        if (result.done) controller.close();
        else controller.enqueue(encodeEvent(result.value));
      } catch (error) {
        if (!signal.aborted) {
          logger.warning("A stream of events was broken off: {error}", {
            error,
          });
        }
        controller.close();
      } finally {
        clearTimeout(timer);
      }
    },
    async cancel() {
      left.abort();
      await events?.return(undefined).catch(() => {});
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx would keep the events until its buffer is full.
      "x-accel-buffering": "no",
    },
  });
}
