import type { PlainError } from "./errors.ts";
import type { HeavyFormat } from "./types.ts";

/**
 * Who goes first when several wait for the embedded engine's one connection.
 * `idle` runs only when nothing else has for a while.
 */
export const lanes = ["light", "jobs", "load", "heavy", "idle"] as const;

/** See {@linkcode lanes}. */
export type Lane = typeof lanes[number];

/**
 * One turn of the engine: nothing else runs between its parts, and it stops
 * at the first part that fails.
 */
export interface TurnRequest {
  id: number;
  op: "turn";
  lane: Lane;
  /** Wire protocol messages; each part is answered on its own. */
  parts: Uint8Array[];
  /** Wraps the parts in a transaction. */
  atomic?: boolean;
  /** Belongs to a session: a transaction that spans turns. */
  session?: number;
  /** Makes the session; others wait from now on. */
  opens?: boolean;
  /** Ends the session, whatever becomes of the turn. */
  closes?: boolean;
}

/** A query whose answer comes as bytes, in chunks. */
export interface StreamRequest {
  id: number;
  op: "stream";
  lane: Lane;
  sql: string;
  parameters: (string | null)[];
  format: HeavyFormat;
  /** Chunks that may be sent before the first `more`. */
  credits: number;
}

/** A message of a client and its place among all of that client, from 1. */
export interface Numbered {
  seq: number;
  message: ClientMessage;
}

/** What a client asks. */
export type ClientMessage =
  | TurnRequest
  | StreamRequest
  /** One more chunk of stream `id` may be sent. */
  | { id: number; op: "more" }
  /** Forget the request; it is not answered. */
  | { id: number; op: "cancel" }
  | { id: number; op: "lock"; name: string }
  | { id: number; op: "unlock" }
  | { op: "close" };

/** How long a request took in the engine, milliseconds. */
export interface TurnFigures {
  queue_ms: number;
  run_ms: number;
}

/** What became of a stream. */
export interface StreamFigures {
  /** Waiting for the first turn. */
  queue_ms: number;
  /** The database working. */
  execution_ms: number;
  /** Rows becoming bytes. */
  decode_ms: number;
  rows: number;
  bytes: number;
}

/** What the host sends to a client. */
export type HostMessage =
  /** A turn's replies, one a part that was run; or a lock is held. */
  | { id: number; kind: "done"; data: Uint8Array[]; figures: TurnFigures }
  | { id: number; kind: "chunk"; chunk: Uint8Array<ArrayBuffer> }
  | { id: number; kind: "end"; figures: StreamFigures }
  /** The database refused: its reply holds the error. */
  | { id: number; kind: "refused"; reply: Uint8Array }
  | { id: number; kind: "failed"; error: PlainError };

/** What the engine tells its thread. */
export type ControlMessage =
  | {
    op: "open";
    folder: string;
    /** Two numbers: turns begun and turns ended. */
    turns: Int32Array;
    sessionMs: number;
  }
  | { op: "client"; client: number; port: MessagePort }
  | { op: "release"; client: number }
  | { op: "close" };

/** What the thread tells the engine. */
export type ControlReply =
  | { op: "opened"; version: string }
  | { op: "closed" }
  | { op: "gone"; client: number }
  | { op: "failed"; error: PlainError };
