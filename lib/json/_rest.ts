/** Names of omitted members that are told. */
const MAX_OMITTED = 100;

/** The document without the array, of bounded size. */
export class Rest {
  readonly value: Record<string, unknown> = {};
  readonly omitted: string[] = [];
  /** `value` and the objects in it on the path, down to the present one. */
  readonly #parents: Record<string, unknown>[] = [this.value];
  readonly #path: readonly string[];
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(path: readonly string[], maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Whether a member of so many bytes may be added. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  /** Adds a member to the present object. */
  add(key: string, value: unknown, bytes: number): void {
    setMember(this.#parents.at(-1)!, key, value);
    this.#bytes += bytes;
  }

  /** Notes a member that is not added. */
  omit(key: string): void {
    if (this.omitted.length === MAX_OMITTED) return;
    const parents = this.#path.slice(0, this.#parents.length - 1);
    this.omitted.push([...parents, key].join("."));
  }

  /** Goes into an object on the path. */
  enter(key: string): void {
    const child = {};
    setMember(this.#parents.at(-1)!, key, child);
    this.#parents.push(child);
  }

  /** Goes back to the object so many keys down the path. */
  leaveTo(level: number): void {
    this.#parents.length = Math.min(this.#parents.length, level + 1);
  }
}

/** Like an assignment, but also good for the key `__proto__`. */
function setMember(
  object: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
