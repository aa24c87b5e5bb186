import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Client, Connection, Submittable } from "pg";
import { MessageSplitter } from "./_message_splitter.ts";
import type { RowBytes } from "./_row_bytes.ts";
import { extendedQuery, type TextValue } from "./_wire_write.ts";

/** Options of {@linkcode runRowQuery}. */
export interface RowQueryOptions {
  sql: string;
  parameters: readonly TextValue[];
  /** Rows after which the server stops. @default {0: none} */
  maxRows?: number;
  /** Takes the rows as they come. */
  bytes: RowBytes;
  /** Called after rows were taken; true stops the server from sending more. */
  onRows(): boolean;
}

/** A query under way. */
export interface RowQuery {
  /** Settles when the server is done with it and can take the next. */
  readonly done: Promise<void>;
  /** Milliseconds spent on making bytes of rows. */
  readonly decodeMs: number;
  /** The server may send again. */
  resume(): void;
}

type DataListener = (chunk: Buffer) => void;

/** What a `pg` connection has but its types do not say. */
interface OpenConnection extends Connection {
  readonly stream: Socket;
}

/**
 * Runs a query on a `pg` client and reads its rows as bytes from the socket:
 * `pg` itself would make a string of every value and an object of every row.
 * Everything but rows still goes to `pg`, which keeps track of the session.
 */
export function runRowQuery(
  client: Client,
  options: RowQueryOptions,
): RowQuery {
  const query = new RowSubmittable(options);
  client.query(query);
  return query;
}

class RowSubmittable implements Submittable, RowQuery {
  readonly #options: RowQueryOptions;
  readonly #settled = Promise.withResolvers<void>();
  readonly #splitter: MessageSplitter;
  #stream: Socket | undefined;
  #listeners: DataListener[] = [];
  #error: Error | undefined;
  decodeMs = 0;

  constructor(options: RowQueryOptions) {
    this.#options = options;
    this.#splitter = new MessageSplitter({
      row: (bytes, view, start) => options.bytes.row(bytes, view, start),
      other: (message) => this.#pass(message),
    });
  }

  get done(): Promise<void> {
    return this.#settled.promise;
  }

  submit(connection: Connection): void {
    this.#stream = (connection as OpenConnection).stream;
    this.#listeners = this.#stream.listeners("data") as DataListener[];
    for (const listener of this.#listeners) this.#stream.off("data", listener);
    this.#stream.on("data", this.#onData);
    const { sql, parameters, maxRows = 0 } = this.#options;
    this.#stream.write(extendedQuery(sql, parameters, { maxRows }));
  }

  resume(): void {
    this.#stream?.resume();
  }

  // What follows is called by `pg`, for the messages passed on to it.

  handleRowDescription(message: { fields: { name: string }[] }): void {
    this.#options.bytes.header(message.fields.map(({ name }) => name));
  }

  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection): void {
    (connection as unknown as { sendCopyFail(why: string): void })
      .sendCopyFail("The heavy lane takes queries only");
  }

  handleError(error: Error): void {
    // `pg` forgets the query now; the server still says that it is ready.
    this.#error = error;
    this.#giveBack();
    this.#settled.reject(error);
  }

  handleReadyForQuery(): void {
    this.#giveBack();
    if (this.#error === undefined) this.#settled.resolve();
  }

  readonly #onData = (chunk: Buffer): void => {
    const started = performance.now();
    this.#splitter.feed(chunk);
    this.decodeMs += performance.now() - started;
    if (this.#stream === undefined) {
      // Given back in mid-chunk: the start of the next message goes along.
      const rest = this.#splitter.rest();
      if (rest.length > 0) this.#pass(rest);
      return;
    }
    if (this.#options.onRows()) this.#stream.pause();
  };

  #pass(message: Uint8Array): void {
    const buffer = Buffer.from(
      message.buffer,
      message.byteOffset,
      message.length,
    );
    for (const listener of this.#listeners) listener(buffer);
  }

  #giveBack(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#stream = undefined;
    stream.off("data", this.#onData);
    for (const listener of this.#listeners) stream.on("data", listener);
    stream.resume();
  }
}
