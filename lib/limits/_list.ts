/** A place in a {@linkcode List}. */
export interface ListNode<T> {
  readonly value: T;
  before: ListNode<T> | undefined;
  after: ListNode<T> | undefined;
}

/** A linked list: whoever has their node leaves it in no time. */
export class List<T> {
  first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;
  size = 0;

  push(value: T): ListNode<T> {
    const node: ListNode<T> = { value, before: this.#last, after: undefined };
    if (this.#last === undefined) this.first = node;
    else this.#last.after = node;
    this.#last = node;
    this.size++;
    return node;
  }

  /** The node must be in the list. */
  remove(node: ListNode<T>): void {
    if (node.before === undefined) this.first = node.after;
    else node.before.after = node.after;
    if (node.after === undefined) this.#last = node.before;
    else node.after.before = node.before;
    this.size--;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let node = this.first; node !== undefined; node = node.after) {
      yield node.value;
    }
  }
}
