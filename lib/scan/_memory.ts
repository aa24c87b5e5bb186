/** Questions inside one another; a deeper one is asked first, by itself. */
const DEEPEST_QUESTION = 150;

/**
 * How often that is done. Programs have few such chains; where everything
 * hangs together with everything, there is no end to them and no use in them.
 */
const MOST_DETOURS = 200;

/** Thrown, and caught at the top: a question that has to be asked first. */
class TooDeep {
  constructor(readonly cell: Cell, readonly ask: () => void) {}
}

/** Something that was answered, or that others are answered from. */
export class Cell<T = unknown> {
  state: "stale" | "busy" | "ready" = "stale";
  value: T | undefined = undefined;
  /** What was answered with its help. */
  readers: Set<Cell> = new Set();
  /** What was said of it while it was still being answered. */
  given: T | undefined = undefined;
}

export type Cells<T> = Map<unknown, Cell<T>>;

function outgrows(value: unknown, given: unknown): boolean {
  return Array.isArray(value) && Array.isArray(given)
    ? value.length > given.length
    : value !== given;
}

/**
 * Keeps answers, and what each was answered from: when something new is
 * learnt, only what depends on it is answered again. A question that comes up
 * inside itself is answered with what was known of it before.
 */
export class Memory {
  #reader: Cell | null = null;
  #depth = 0;
  /** Answered without something that is known by now. */
  readonly #outdated = new Set<Cell>();
  readonly #asked = new Set<Cell>();
  #detours = MOST_DETOURS;

  /** Answers a question, once. */
  ask<T>(cells: Cells<T>, key: unknown, nothing: T, answer: () => T): T {
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, cell = new Cell<T>());
    if (this.#reader !== null) cell.readers.add(this.#reader);
    if (cell.state === "ready") return cell.value as T;
    if (cell.state === "busy") {
      cell.given = cell.value ?? nothing;
      return cell.given;
    }
    if (this.#depth >= DEEPEST_QUESTION) {
      // A ring that is longer than that ends where it came from.
      if (this.#asked.has(cell) || this.#detours === 0) {
        return cell.value ?? nothing;
      }
      this.#detours--;
      throw new TooDeep(cell, () => void this.ask(cells, key, nothing, answer));
    }
    if (this.#depth > 0) return this.#answer(cell, answer);
    const asked = cell;
    return this.#persist(() => this.#answer(asked, answer));
  }

  /** Tries again after what was too deep was asked by itself. */
  #persist<T>(run: () => T): T {
    for (;;) {
      try {
        return run();
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
        this.#askFirst(error);
      }
    }
  }

  #askFirst(first: TooDeep): void {
    const reader = this.#reader;
    const depth = this.#depth;
    const waiting = [first];
    for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
      this.#asked.add(top.cell);
      this.#reader = null;
      // Not 0: what is too deep then is for this loop.
      this.#depth = 1;
      try {
        top.ask();
        this.#asked.delete(top.cell);
        waiting.pop();
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
        waiting.push(error);
      }
    }
    this.#reader = reader;
    this.#depth = depth;
  }

  #answer<T>(cell: Cell<T>, answer: () => T): T {
    const reader = this.#reader;
    this.#reader = cell as Cell;
    this.#depth++;
    cell.state = "busy";
    cell.given = undefined;
    let value: T;
    try {
      value = answer();
      cell.state = "ready";
    } catch (error) {
      cell.state = "stale";
      throw error;
    } finally {
      this.#depth--;
      this.#reader = reader;
    }
    // Assigned meanwhile, when the question came up inside itself.
    const given = cell.given as T | undefined;
    cell.value = value;
    if (given !== undefined && outgrows(value, given)) this.#outdate(cell);
    return value;
  }

  /** Does something that is to be done again when what it reads changes. */
  watch<T>(cell: Cell<T>, run: () => T): T {
    const reader = this.#reader;
    const depth = this.#depth;
    this.#reader = null;
    this.#depth = 0;
    try {
      return this.#persist(() => this.#answer(cell, run));
    } finally {
      this.#reader = reader;
      this.#depth = depth;
    }
  }

  /** Does something that nobody's answer depends on. */
  alone<T>(run: () => T): T {
    const reader = this.#reader;
    const depth = this.#depth;
    this.#reader = null;
    this.#depth = 0;
    try {
      return run();
    } finally {
      this.#reader = reader;
      this.#depth = depth;
    }
  }

  /** Notes that a fact is read. */
  touch(cell: Cell): void {
    if (this.#reader !== null) cell.readers.add(this.#reader);
  }

  /** Notes that there is more to a fact than its readers know. */
  grow(cell: Cell): void {
    this.#outdate(cell);
  }

  #outdate<T>(cell: Cell<T>): void {
    for (const reader of cell.readers) this.#outdated.add(reader);
    cell.readers = new Set();
  }

  /**
   * Makes stale whatever was answered without knowing what is known by now.
   *
   * @returns Whether there was any.
   */
  settle(): boolean {
    const queue = [...this.#outdated];
    this.#outdated.clear();
    for (const cell of queue) {
      if (cell.state === "stale" && cell.readers.size === 0) continue;
      cell.state = "stale";
      queue.push(...cell.readers);
      cell.readers = new Set();
    }
    return queue.length > 0;
  }
}
