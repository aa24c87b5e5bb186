import type { LockOptions } from "@loophound/toolkit/sql";
import { adoptPort } from "./_adopt_port.ts";
import type { TurnMeter } from "./_connection_figures.ts";
import { EngineEndedError, fromPlainError } from "./errors.ts";
import type {
  ClientMessage,
  HostMessage,
  Lane,
  Numbered,
  StreamFigures,
  TurnFigures,
  TurnRequest,
} from "./_pglite_protocol.ts";
import type { HeavyFormat } from "./types.ts";
import { readReply, type WireReply } from "./_wire_read.ts";

/** Options of {@linkcode PgliteClient.turn}. */
export type TurnOptions =
  & Pick<TurnRequest, "atomic" | "session" | "opens" | "closes">
  & { lane: Lane };

/** What a turn answered. */
export interface TurnReply {
  /** The results of each part; a part may hold several statements. */
  replies: WireReply["results"][];
  figures: { queue_ms: number; execution_ms: number; decode_ms: number };
}

/** A query for {@linkcode PgliteClient.stream}. */
export interface StreamQuery {
  lane: Lane;
  sql: string;
  parameters: (string | null)[];
  format: HeavyFormat;
}

interface Pending {
  done(data: Uint8Array[], figures: TurnFigures): void;
  fail(error: Error): void;
  chunk?(chunk: Uint8Array<ArrayBuffer>): void;
  end?(figures: StreamFigures): void;
}

/** Chunks under way to a reader: enough to hide the trip, little memory. */
const credits = 4;

/**
 * One side of a port to the embedded engine. Used by the main thread and by
 * every thread that was given an address.
 */
export class PgliteClient implements AsyncDisposable {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #lastSeq = 0;
  #ended: Error | undefined;
  readonly #meter: TurnMeter | undefined;

  /** @param meter Told of every turn. */
  constructor(given: MessagePort, meter?: TurnMeter) {
    this.#meter = meter;
    const port = adoptPort(given);
    this.#port = port;
    port.addEventListener(
      "message",
      (event) => this.#take(event.data as HostMessage),
    );
    port.addEventListener("close", () =>
      this.fail(
        new EngineEndedError(
          "The thread of the embedded database has ended; whether the statement took effect is not known",
        ),
      ));
    port.start();
  }

  /** A number for a new session. */
  nextSession(): number {
    return ++this.#lastId;
  }

  /**
   * Runs wire messages in one turn.
   *
   * @throws {DatabaseError} The database refused one; none after it was run.
   * @throws {EngineEndedError} The engine's thread is gone.
   */
  turn(parts: Uint8Array[], options: TurnOptions): Promise<TurnReply> {
    const { promise, resolve, reject } = Promise.withResolvers<TurnReply>();
    this.#meter?.begin();
    this.#ask({
      done: (data, figures) => {
        this.#meter?.end(figures);
        const started = performance.now();
        const read = data.map(readReply);
        const error = read.find((reply) => reply.error !== undefined)?.error;
        if (error === undefined) {
          resolve({
            replies: read.map(({ results }) => results),
            figures: {
              queue_ms: figures.queue_ms,
              execution_ms: figures.run_ms,
              decode_ms: performance.now() - started,
            },
          });
        } else reject(error);
      },
      fail: (error) => {
        this.#meter?.end(undefined);
        reject(error);
      },
    }, (id) => ({ ...options, id, op: "turn", parts }));
    return promise;
  }

  /** Waits for a lock that all clients of the engine share. */
  lock(name: string, options: LockOptions = {}): Promise<AsyncDisposable> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<
      AsyncDisposable
    >();
    const unlock = (): void => this.#send({ id, op: "unlock" });
    const abort = (): void => {
      if (!this.#pending.delete(id)) return;
      unlock();
      reject(signal?.reason);
    };
    const settle = (): void => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    this.#ask({
      done() {
        settle();
        resolve({
          [Symbol.asyncDispose]() {
            unlock();
            return Promise.resolve();
          },
        });
      },
      fail(error) {
        settle();
        reject(error);
      },
    }, (id) => ({ id, op: "lock", name }));
    const id = this.#lastId;
    return promise;
  }

  /**
   * Runs a query whose answer comes as bytes.
   *
   * @returns When the first bytes are there, or the answer is known to have
   * none: what the database refuses rejects instead of breaking the stream.
   */
  stream(
    query: StreamQuery,
    options: {
      /** Aborting it ends the query: the reader sees the reason. */
      signal: AbortSignal;
      onEnd?: (figures: StreamFigures) => void;
    },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<
      ReadableStream<Uint8Array<ArrayBuffer>>
    >();
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let over = false;
    let wake: (() => void) | undefined;
    let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
    const cancel = (): void => {
      if (!this.#pending.delete(id)) return;
      this.#send({ id, op: "cancel" });
    };
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", abort);
      reject(error);
      controller.error(error);
      wake?.();
    };
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(made) {
        controller = made;
      },
      pull: async () => {
        if (chunks.length === 0 && !over) {
          await new Promise<void>((resolve) => wake = resolve);
        }
        const chunk = chunks.shift();
        if (chunk !== undefined) {
          this.#send({ id, op: "more" });
          controller.enqueue(chunk);
        }
        if (over && chunks.length === 0) controller.close();
      },
      cancel,
    }, { highWaterMark: 0 });
    const abort = (): void => {
      cancel();
      fail(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#ask({
      done: () => {},
      fail,
      chunk: (chunk) => {
        chunks.push(chunk);
        wake?.();
        resolve(body);
      },
      end: (figures) => {
        over = true;
        wake?.();
        resolve(body);
        signal.removeEventListener("abort", abort);
        options.onEnd?.(figures);
      },
    }, (id) => ({ id, op: "stream", credits, ...query }));
    const id = this.#lastId;
    return promise;
  }

  /** Fails what is under way and all that comes. */
  fail(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) one.fail(error);
    this.#port.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#post({ op: "close" });
    this.fail(new EngineEndedError("The connection was closed"));
    return Promise.resolve();
  }

  #ask(pending: Pending, message: (id: number) => ClientMessage): void {
    const id = ++this.#lastId;
    if (this.#ended !== undefined) {
      pending.fail(this.#ended);
      return;
    }
    this.#pending.set(id, pending);
    this.#send(message(id));
  }

  #send(message: ClientMessage): void {
    if (this.#ended !== undefined) return;
    // A statement's bytes are moved; they are this call's own.
    const transfer = message.op === "turn"
      ? message.parts.map((part) => part.buffer as ArrayBuffer)
      : [];
    this.#post(message, transfer);
  }

  #post(message: ClientMessage, transfer: ArrayBuffer[] = []): void {
    const numbered: Numbered = { seq: ++this.#lastSeq, message };
    this.#port.postMessage(numbered, transfer);
  }

  #take(message: HostMessage): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (message.kind === "chunk") {
      pending.chunk?.(message.chunk);
      return;
    }
    this.#pending.delete(message.id);
    switch (message.kind) {
      case "done":
        pending.done(message.data, message.figures);
        break;
      case "end":
        pending.end?.(message.figures);
        break;
      case "refused":
        pending.fail(
          readReply(message.reply).error ??
            new Error("The database refused the query"),
        );
        break;
      case "failed":
        pending.fail(fromPlainError(message.error));
    }
  }
}
