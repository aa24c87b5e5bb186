import type { Evaluator } from "./_evaluator.ts";
import type { FnInfo } from "./_facts.ts";
import { Cell, type Cells } from "./_memory.ts";
import { isTracked, leadsToBlocking } from "./_tracked.ts";
import { NONE, union, type Value } from "./_values.ts";

/** All that was written into an object, whatever the name. */
const ANY_SLOT = "*";

/** Values that grow. */
interface Fact {
  values: readonly Value[];
  readonly cell: Cell;
}

function newFact(): Fact {
  return { values: NONE, cell: new Cell() };
}

/**
 * What is learnt on the way: what functions are given, and what is written
 * into objects. Who read it before it grew is asked again.
 */
export class Learnt {
  readonly #evaluator: Evaluator;
  /** By `id.name` of the object. */
  readonly #heap = new Map<string, Fact>();
  /** By parameter. */
  readonly #seen = new Map<FnInfo, Fact[]>();
  readonly #weights: Cells<boolean> = new Map();
  readonly #heavyLists: Cells<readonly Value[]> = new Map();

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  /** Notes what a call gives a function; answers what of it matters. */
  give(
    fn: FnInfo,
    args: readonly (readonly Value[])[],
  ): (readonly Value[])[] {
    const kept = args.map((values) => this.#heavy(values));
    while (kept.at(-1)?.length === 0) kept.pop();
    const last = fn.params.at(-1);
    if (last?.type !== "RestElement") kept.splice(fn.params.length);
    const seen = this.#seenBy(fn);
    for (const [index, values] of kept.entries()) {
      while (seen.length <= index) seen.push(newFact());
      this.#learn(seen[index]!, values);
    }
    return kept;
  }

  /** Those of some values that weigh. */
  #heavy(values: readonly Value[]): readonly Value[] {
    if (values.length === 0) return NONE;
    const weigh = () => {
      const heavy = values.filter((value) => this.weighs(value));
      return heavy.length === values.length ? values : heavy;
    };
    return values.length < 3
      ? weigh()
      : this.#evaluator.memory.ask(this.#heavyLists, values, NONE, weigh);
  }

  #seenBy(fn: FnInfo): Fact[] {
    let seen = this.#seen.get(fn);
    if (seen === undefined) {
      seen = fn.params.map(newFact);
      this.#seen.set(fn, seen);
    }
    return seen;
  }

  #learn(fact: Fact, values: readonly Value[]): void {
    const all = union(fact.values, values);
    if (all.length === fact.values.length) return;
    fact.values = all;
    this.#evaluator.memory.grow(fact.cell);
  }

  #recall(fact: Fact): readonly Value[] {
    this.#evaluator.memory.touch(fact.cell);
    return fact.values;
  }

  /** Whether a value can lead to a call: what cannot makes no difference. */
  weighs(value: Value): boolean {
    switch (value.kind) {
      case "text":
        return false;
      case "api":
        return leadsToBlocking(value.module, value.path);
      case "package":
        return value.made !== "" ||
          value.path.includes(".prototype") && isTracked(value.name);
      case "object":
      case "collection":
        return this.#evaluator.memory.ask(this.#weights, value, false, () => {
          const inside = value.kind === "object"
            ? this.#evaluator.property([value], null)
            : this.#evaluator.elements([value]);
          return inside.some((one) => this.weighs(one));
        });
      default:
        return true;
    }
  }

  /** All that a function is given in any call. */
  everGiven(fn: FnInfo): readonly (readonly Value[])[] {
    return this.#seenBy(fn).map((fact) => this.#recall(fact));
  }

  /** Remembers that a value was put into a property, or (`[]`) added. */
  write(
    targets: readonly Value[],
    name: string | null,
    values: readonly Value[],
  ): void {
    if (values.length === 0) return;
    for (const target of targets) {
      this.#writeTo(target, name ?? "*", values);
      const forgotten = this.#evaluator.store.forget(target);
      if (forgotten !== target) this.#writeTo(forgotten, name ?? "*", values);
    }
  }

  #writeTo(target: Value, name: string, values: readonly Value[]): void {
    if (target.kind === "api" || target.kind === "package") return;
    const slot = target.kind === "collection" ? "[]" : name;
    const kept = this.#heavy(values);
    this.#learn(this.#slot(target, slot), kept);
    this.#learn(this.#slot(target, ANY_SLOT), kept);
  }

  #slot(value: Value, name: string): Fact {
    const key = `${value.id}.${name}`;
    let fact = this.#heap.get(key);
    if (fact === undefined) this.#heap.set(key, fact = newFact());
    return fact;
  }

  /** What was put into a property; null: into any. */
  read(value: Value, name: string | null): readonly Value[] {
    return this.#recall(this.#slot(value, name ?? ANY_SLOT));
  }
}
