const LF = 10;

/** Keeps track of the line and column while a reader moves on. */
export class Position {
  line = 1;
  /** Offset of the first byte of the line; negative once it is out of sight. */
  #lineStart = 0;
  #at = 0;

  /** Moves to an offset that is not before the last one. */
  moveTo(bytes: Uint8Array, offset: number): void {
    for (let i = this.#at; i < offset; i++) {
      if (bytes[i] === LF) this.#lineBreak(1, i + 1);
    }
    this.#at = offset;
  }

  /** Moves past bytes whose line feeds have been counted. */
  jumpTo(offset: number, lines: number, lineStart: number): void {
    if (lines > 0) this.#lineBreak(lines, lineStart);
    this.#at = offset;
  }

  /** 1-based column in bytes. */
  get column(): number {
    return this.#at - this.#lineStart + 1;
  }

  /** The bytes before `offset` are gone; it is 0 from now on. */
  rebase(offset: number): void {
    this.#lineStart -= offset;
    this.#at -= offset;
  }

  #lineBreak(lines: number, lineStart: number): void {
    this.line += lines;
    this.#lineStart = lineStart;
  }
}
