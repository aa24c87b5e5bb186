/** Something that has been put in. */
export interface Removable {
  remove(): void;
}

/** A property with another value for a while. */
export class Patch implements Removable {
  readonly holder: object;
  readonly key: PropertyKey;
  readonly #value: unknown;
  readonly #before: PropertyDescriptor | undefined;

  /**
   * Puts the value in.
   *
   * A property that the holder inherits gets an own one over it, so that other
   * heirs do not change.
   *
   * @throws {TypeError} The property cannot be changed.
   */
  constructor(holder: object, key: PropertyKey, value: unknown) {
    this.holder = holder;
    this.key = key;
    this.#value = value;
    this.#before = Object.getOwnPropertyDescriptor(holder, key);
    const put = Reflect.defineProperty(holder, key, {
      value,
      // `Deno.FsFile` is read-only and configurable: it stays so.
      writable: this.#before?.writable ?? true,
      configurable: this.#before?.configurable ?? true,
      enumerable: this.#before?.enumerable ?? false,
    });
    if (!put || Reflect.get(holder, key) !== value) {
      throw new TypeError(
        `Cannot replace ${String(key)}: the property is read-only`,
      );
    }
  }

  /** Whether the value is still there. */
  get holds(): boolean {
    return Object.getOwnPropertyDescriptor(this.holder, this.key)?.value ===
      this.#value;
  }

  /** Puts back what was there, unless somebody has replaced it meanwhile. */
  remove(): void {
    if (!this.holds) return;
    if (this.#before === undefined) {
      Reflect.deleteProperty(this.holder, this.key);
    } else Reflect.defineProperty(this.holder, this.key, this.#before);
  }
}
