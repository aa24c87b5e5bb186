import type { Evaluator } from "./_evaluator.ts";
import { collectionResult } from "./_results.ts";
import {
  ANYTHING,
  type CollectionValue,
  type Frame,
  NONE,
  union,
  type Value,
} from "./_values.ts";

const YIELDS = Symbol("yields");

/** What arrays, maps, sets and iterators hold. */
export class Elements {
  readonly #evaluator: Evaluator;

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  property(
    value: CollectionValue,
    name: string | null,
  ): readonly Value[] {
    if (name === null) return this.#evaluator.elements([value]);
    if (!/^\d+$/.test(name)) return NONE;
    const { node } = value;
    if (
      node.type === "ArrayExpression" &&
      !node.elements.some((one) => one?.type === "SpreadElement")
    ) {
      const element = node.elements[Number(name)];
      const own = element
        ? this.#evaluator.evaluate(element, value.frame)
        : NONE;
      return union(own, this.#evaluator.learnt.read(value, "[]"));
    }
    return this.#evaluator.elements([value]);
  }

  /** What the iterator of an object of one's own gives. */
  ofIterable(value: Value): readonly Value[] {
    const iterators = union(
      this.#evaluator.property([value], "@@iterator"),
      this.#evaluator.property([value], "@@asyncIterator"),
    );
    const made = this.#evaluator.result(iterators);
    const steps = this.#evaluator.result(
      this.#evaluator.property(made, "next"),
    );
    return union(
      this.#evaluator.elements(made),
      this.#evaluator.property(steps, "value"),
    );
  }

  of(value: CollectionValue): readonly Value[] {
    const { node, frame, element } = value;
    if (element !== null) return this.#evaluator.typed(element);
    switch (node.type) {
      case "ArrayExpression":
        return union(
          ...node.elements.map((one) => {
            if (one === null) return NONE;
            return one.type === "SpreadElement"
              ? this.#evaluator.elements(
                this.#evaluator.evaluate(one.argument, frame),
              )
              : this.#evaluator.evaluate(one, frame);
          }),
        );
      case "RestElement": {
        const index = frame.fn.params.indexOf(node);
        const args = frame.generic || frame.args.includes(ANYTHING)
          ? this.#evaluator.learnt.everGiven(frame.fn)
          : frame.args;
        return union(...args.slice(Math.max(index, 0)));
      }
      case "NewExpression": {
        // new Set([value]), new Map([[name, value]])
        const call = this.#evaluator.call(node, frame);
        const given = this.#evaluator.elements(call.args()[0] ?? NONE);
        const isMap = call.callees.some((callee) =>
          callee.kind === "api" && /^(?:Weak)?Map$/.test(callee.path)
        );
        return isMap ? this.#evaluator.property(given, "1") : given;
      }
      case "CallExpression":
      case "OptionalCallExpression":
        return collectionResult(
          this.#evaluator.call(node, frame),
          this.#evaluator,
        );
      default:
        // A generator: what it yields.
        return frame.fn.generator && frame.fn.node === node
          ? this.#yielded(frame)
          : NONE;
    }
  }

  #yielded(frame: Frame): readonly Value[] {
    return this.#evaluator.inFrame(
      frame,
      YIELDS,
      () =>
        union(
          ...frame.fn.yields.map((node) => {
            const values = this.#evaluator.evaluate(node, frame);
            return union(values, this.#evaluator.elements(values));
          }),
        ),
    );
  }
}
