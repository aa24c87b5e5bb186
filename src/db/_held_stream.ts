import { toPlainError } from "./errors.ts";
import type {
  HostMessage,
  StreamFigures,
  StreamRequest,
} from "./_pglite_protocol.ts";
import { heavySql, RowBytes } from "./_row_bytes.ts";
import {
  DataRow,
  eachMessage,
  holdsError,
  readColumns,
  RowDescription,
} from "./_wire_read.ts";
import { extendedQuery, simpleQuery } from "./_wire_write.ts";

/** What a stream needs of the host. */
export interface HeldStreamHost {
  /** Name of the cursor. */
  name: string;
  exec(part: Uint8Array): Uint8Array;
  send(message: HostMessage): void;
  /** Runs in a turn of its own. */
  schedule(run: () => void): void;
  onEnd(): void;
}

/** A chunk is about this large: 2 to 5 ms of the engine's one connection. */
const chunkBytes = 128 * 1024;
const firstRows = 500;

/**
 * A large answer of the embedded engine, in turns: `DECLARE … WITH HOLD` keeps
 * the answer when its transaction is over, each `FETCH` is a turn of its own,
 * and lookups run in between. An answer that fits the first fetch is never
 * held. Memory is flat: the engine spills what it holds to a file.
 */
export class HeldStream {
  readonly #request: StreamRequest;
  readonly #host: HeldStreamHost;
  readonly #bytes: RowBytes;
  readonly #asked = performance.now();
  readonly #figures: StreamFigures = {
    queue_ms: 0,
    execution_ms: 0,
    decode_ms: 0,
    rows: 0,
    bytes: 0,
  };
  #credits: number;
  #fetchRows = firstRows;
  #turnWaits = false;
  #held = false;
  #ended = false;

  constructor(request: StreamRequest, host: HeldStreamHost) {
    this.#request = request;
    this.#host = host;
    this.#credits = request.credits;
    this.#bytes = new RowBytes(request.format, "single");
  }

  start(): void {
    this.#turnWaits = true;
    this.#host.schedule(() => {
      this.#figures.queue_ms = performance.now() - this.#asked;
      this.#turnWaits = false;
      if (!this.#ended) this.#open();
    });
  }

  /** The reader has taken a chunk. */
  more(): void {
    this.#credits++;
    this.#next();
  }

  cancel(): void {
    if (this.#ended) return;
    this.#end();
    const { name } = this.#host;
    if (this.#held) {
      this.#host.schedule(() => this.#host.exec(simpleQuery(`close ${name}`)));
    }
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#host.send({
      id: this.#request.id,
      kind: "failed",
      error: toPlainError(error),
    });
  }

  /** The first turn: read only, so that the query cannot write. */
  #open(): void {
    const { name } = this.#host;
    const { sql, parameters, format } = this.#request;
    if (this.#refused(this.#exec(simpleQuery("begin read only")))) return;
    const declared = this.#exec(extendedQuery(
      `declare ${name} no scroll cursor with hold for ${
        heavySql(sql, format, "single")
      }`,
      parameters,
      format === "csv" ? { described: sql } : {},
    ));
    if (this.#refused(declared)) return;
    if (format === "csv") this.#header(declared);
    const reply = this.#exec(
      simpleQuery(`fetch ${format === "raw" ? 1 : firstRows} from ${name}`),
    );
    if (this.#refused(reply)) return;
    const last = format === "raw" || this.#take(reply) < firstRows;
    if (format === "raw") this.#take(reply);
    const committed = this.#exec(
      simpleQuery(last ? `close ${name}; commit` : "commit"),
    );
    if (this.#refused(committed)) return;
    this.#held = !last;
    this.#deliver(last);
  }

  #fetch(): void {
    const { name } = this.#host;
    const reply = this.#exec(
      simpleQuery(`fetch ${this.#fetchRows} from ${name}`),
    );
    if (this.#refused(reply)) return;
    const last = this.#take(reply) < this.#fetchRows;
    if (last) this.#exec(simpleQuery(`close ${name}`));
    this.#deliver(last);
  }

  #deliver(last: boolean): void {
    const { rows, waiting } = this.#bytes;
    if (rows > 0) {
      const perRow = (this.#bytes.total + waiting) / rows;
      this.#fetchRows = Math.min(
        10_000,
        Math.max(50, Math.round(chunkBytes / perRow)),
      );
    }
    if (last) this.#bytes.end();
    if (this.#bytes.waiting > 0) {
      this.#credits--;
      this.#host.send({
        id: this.#request.id,
        kind: "chunk",
        chunk: this.#bytes.take(),
      });
    }
    if (!last) {
      this.#next();
      return;
    }
    this.#figures.rows = this.#bytes.rows;
    this.#figures.bytes = this.#bytes.total;
    this.#end();
    this.#host.send({
      id: this.#request.id,
      kind: "end",
      figures: this.#figures,
    });
  }

  #next(): void {
    if (this.#ended || !this.#held || this.#turnWaits || this.#credits <= 0) {
      return;
    }
    this.#turnWaits = true;
    this.#host.schedule(() => {
      this.#turnWaits = false;
      if (!this.#ended) this.#fetch();
    });
  }

  #exec(part: Uint8Array): Uint8Array {
    const started = performance.now();
    const reply = this.#host.exec(part);
    this.#figures.execution_ms += performance.now() - started;
    return reply;
  }

  /** Takes the rows of a fetch; returns how many. */
  #take(reply: Uint8Array): number {
    const started = performance.now();
    const before = this.#bytes.rows;
    const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
    eachMessage(reply, (tag, start) => {
      if (tag === DataRow) this.#bytes.row(reply, view, start);
    });
    this.#figures.decode_ms += performance.now() - started;
    return this.#bytes.rows - before;
  }

  #header(described: Uint8Array): void {
    eachMessage(described, (tag, start, end) => {
      if (tag !== RowDescription) return;
      const columns = readColumns(described.subarray(start, end));
      this.#bytes.header(columns.map(({ name }) => name));
    });
  }

  #refused(reply: Uint8Array): boolean {
    if (!holdsError(reply)) return false;
    this.#end();
    this.#host.send({ id: this.#request.id, kind: "refused", reply });
    return true;
  }

  #end(): void {
    this.#ended = true;
    this.#host.onEnd();
  }
}
