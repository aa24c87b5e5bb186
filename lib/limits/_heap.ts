/** What is in a heap knows where, so that it can leave from the middle. */
export interface HeapItem {
  /** Its place; −1 while it is in no heap. */
  heapIndex: number;
}

/** The first of many by an order; all that changes it takes O(log n). */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    item.heapIndex = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  /** The item must be in this heap. */
  remove(item: T): void {
    const last = this.#items.pop()!;
    const index = item.heapIndex;
    item.heapIndex = -1;
    if (last === item) return;
    this.#put(last, index);
    this.moved(last);
  }

  /** Puts an item in its place again, whose order has changed. */
  moved(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #rise(item: T): void {
    let index = item.heapIndex;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#items[above]!;
      if (!this.#isBefore(item, parent)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(item, index);
  }

  #sink(item: T): void {
    const items = this.#items;
    let index = item.heapIndex;
    while (true) {
      let below = 2 * index + 1;
      if (below >= items.length) break;
      const right = items[below + 1];
      if (right !== undefined && this.#isBefore(right, items[below]!)) below++;
      const child = items[below]!;
      if (!this.#isBefore(child, item)) break;
      this.#put(child, index);
      index = below;
    }
    this.#put(item, index);
  }
}
