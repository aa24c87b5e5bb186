/**
 * What the loop tells the watchdog thread, in shared memory: that it still
 * turns, and which call it is in. Written by plain stores on the loop, a few
 * nanoseconds each; read by another thread at any time.
 */

/** Places in the Int32 header. */
const BEATS = 0;
const LABEL = 1;
const LABELS = 2;
const STOPPED = 3;
const HEADER_INTS = 8;
/** Places in the Float64 header, which follows: times since the epoch, milliseconds. */
const BEAT_AT = 0;
const LABEL_AT = 1;
const HEADER_FLOATS = 2;

const MAX_LABELS = 1024;
const MAX_TEXT = 128 * 1024;
const FLOATS_AT = HEADER_INTS * 4;
const ENDS_AT = FLOATS_AT + HEADER_FLOATS * 8;
const TEXT_AT = ENDS_AT + MAX_LABELS * 4;

/** Label of code that belongs to no call. */
const NO_LABEL = 0;
/** Label of calls beyond the table's end. */
const OTHER_LABEL = 1;

/** What the watchdog thread reads. */
export interface HeartbeatState {
  /** How often the loop has turned; changes as long as it does. */
  beats: number;
  /** When it turned last. Milliseconds since the epoch, with fractions. */
  beatAt: number;
  /** The call that runs or ran last, null outside any. */
  label: string | null;
  /** When that call's newest stretch began. */
  labelAt: number;
  /** The monitor has been stopped: silence means nothing any more. */
  stopped: boolean;
}

/** Both ends of the shared memory. */
export class Heartbeat {
  readonly buffer: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #ends: Int32Array;
  readonly #text: Uint8Array;
  readonly #ids = new Map<string, number>();

  /** @param buffer The other end's, else a new one. */
  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(TEXT_AT + MAX_TEXT),
  ) {
    this.buffer = buffer;
    this.#ints = new Int32Array(buffer, 0, HEADER_INTS);
    this.#floats = new Float64Array(buffer, FLOATS_AT, HEADER_FLOATS);
    this.#ends = new Int32Array(buffer, ENDS_AT, MAX_LABELS);
    this.#text = new Uint8Array(buffer, TEXT_AT);
    if (this.#ints[LABELS] === 0) {
      this.idOf("");
      this.idOf("(other)");
      this.beat(performance.now());
    }
  }

  /** The number of a label; written into the table when it is new. */
  idOf(label: string): number {
    const known = this.#ids.get(label);
    if (known !== undefined) return known;
    const id = this.#ints[LABELS]!;
    if (id >= MAX_LABELS) return OTHER_LABEL;
    const start = id === 0 ? 0 : this.#ends[id - 1]!;
    const bytes = new TextEncoder().encode(label);
    if (start + bytes.length > MAX_TEXT) return OTHER_LABEL;
    this.#text.set(bytes, start);
    this.#ends[id] = start + bytes.length;
    // Readers see a label's text before its number.
    Atomics.store(this.#ints, LABELS, id + 1);
    this.#ids.set(label, id);
    return id;
  }

  /** The loop has turned. */
  beat(now: number): void {
    this.#floats[BEAT_AT] = performance.timeOrigin + now;
    this.#ints[LABEL] = NO_LABEL;
    Atomics.add(this.#ints, BEATS, 1);
  }

  /** A stretch of a call begins. */
  enter(id: number, now: number): void {
    this.#ints[LABEL] = id;
    this.#floats[LABEL_AT] = performance.timeOrigin + now;
  }

  /** The stretch is over. */
  leave(): void {
    this.#ints[LABEL] = NO_LABEL;
  }

  stop(): void {
    Atomics.store(this.#ints, STOPPED, 1);
  }

  read(): HeartbeatState {
    const beats = Atomics.load(this.#ints, BEATS);
    const id = this.#ints[LABEL]!;
    return {
      beats,
      beatAt: this.#floats[BEAT_AT]!,
      label: id === NO_LABEL ? null : this.#labelOf(id),
      labelAt: this.#floats[LABEL_AT]!,
      stopped: Atomics.load(this.#ints, STOPPED) === 1,
    };
  }

  #labelOf(id: number): string {
    if (id < 0 || id >= Atomics.load(this.#ints, LABELS)) return "(other)";
    const start = id === 0 ? 0 : this.#ends[id - 1]!;
    return new TextDecoder().decode(this.#text.slice(start, this.#ends[id]));
  }
}
