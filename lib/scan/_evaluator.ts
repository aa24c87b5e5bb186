import type * as t from "@babel/types";
import { type CallFacts, nothingCalled, readCall } from "./_call_facts.ts";
import {
  type Binding,
  type CallNode,
  type ClassInfo,
  type FnInfo,
  keyName,
  type ModuleInfo,
  type Source,
  type Step,
  type TypeRef,
} from "./_facts.ts";
import { Elements } from "./_elements.ts";
import { Exports } from "./_exports.ts";
import { Learnt } from "./_learnt.ts";
import { Members } from "./_members.ts";
import { type Cells, Memory } from "./_memory.ts";
import type { Program } from "./_program.ts";
import { namespaceScopes } from "./_read_module_items.ts";
import { foreignResult } from "./_results.ts";
import { canonicalApi } from "./_runtime_facts.ts";
import { bare } from "./_syntax.ts";
import { isTracked } from "./_tracked.ts";
import {
  declaredProperty,
  Implementations,
  type TypeContext,
  valuesOfType,
} from "./_type_values.ts";
import { nodeId } from "./_node_ids.ts";
import { Store } from "./_store.ts";
import {
  ANYTHING,
  type FnValue,
  type Frame,
  type InstanceValue,
  meaningful,
  NONE,
  type PackageValue,
  union,
  type Value,
} from "./_values.ts";

/** Names in a row: `a.b.c`. */
const LONGEST_PATH = 4;
/** Calls that a router's identity remembers. */
const LONGEST_ORIGIN = 6;

const NO_ARGUMENTS: readonly (readonly Value[])[] = [];
const RESULT = Symbol("result");

/** What is not looked into, and what is all the same. */
export interface EvaluatorLimits {
  isOpaque: IsOpaque;
  handsOff: (value: Value) => boolean;
  /** Packages whose parts are told apart besides those of the list. */
  tracked: ReadonlySet<string>;
}

/** Whether an own function is not to be looked into. */
export type IsOpaque = (target: FnInfo | ClassInfo, from: FnInfo) => boolean;

/**
 * Says what an expression may stand for, in a given call of the function
 * around it. Nothing is run: names are followed to where their values come
 * from. What is written into objects is remembered in a heap, so that a few
 * rounds are needed until nothing new is found.
 */
export class Evaluator implements TypeContext {
  readonly store: Store = new Store();
  readonly modules: readonly ModuleInfo[];
  readonly memory: Memory = new Memory();
  readonly learnt: Learnt = new Learnt(this);
  readonly exports: Exports;
  readonly #members = new Members(this);
  readonly #elements = new Elements(this);
  readonly #isOpaque: IsOpaque;
  readonly #tracked: ReadonlySet<string>;
  /** Whether a function runs in a thread what it is given. */
  readonly handsOff: (value: Value) => boolean;
  readonly #implementations: Implementations;
  readonly #answers: Cells<readonly Value[]> = new Map();

  constructor(program: Program, limits: EvaluatorLimits) {
    this.exports = new Exports(program, this);
    this.#tracked = limits.tracked;
    this.#isOpaque = limits.isOpaque;
    this.handsOff = limits.handsOff;
    this.modules = program.modules;
    this.#implementations = new Implementations(this);
  }

  inFrame(
    frame: Frame,
    key: unknown,
    answer: () => readonly Value[],
  ): readonly Value[] {
    return this.memory.ask(
      frame.cells,
      key,
      NONE,
      () => meaningful(answer()),
    );
  }

  #globally(key: string, answer: () => readonly Value[]): readonly Value[] {
    return this.memory.ask(
      this.#answers,
      key,
      NONE,
      () => meaningful(answer()),
    );
  }

  // Frames

  top(module: ModuleInfo): Frame {
    return this.store.frame(module.top, null, [], NONE);
  }

  /** The frame of a function about whose calls nothing is known. */
  home(fn: FnInfo): Frame {
    return fn.parent === null
      ? this.top(fn.module)
      : this.store.generic(fn, this.home(fn.parent));
  }

  /** The frame of a function inside another one's frame. */
  #within(fn: FnInfo, owner: Frame): Frame {
    if (fn === owner.fn || fn.parent === null) return owner;
    return this.store.generic(fn, this.#within(fn.parent, owner));
  }

  /** The frame of a call of a function. */
  enter(
    value: FnValue,
    args: readonly (readonly Value[])[],
    self: readonly Value[] = NONE,
  ): Frame {
    const { fn, frame } = value;
    const kept = this.learnt.give(fn, args);
    const own = fn.arrow ? NONE : value.self ? [value.self] : self;
    return this.store.frame(fn, frame, kept, own);
  }

  /** The frame in which the fields of a new object are filled. */
  enterInit(instance: InstanceValue): Frame {
    return this.store.frame(instance.of.cls.init, instance.of.frame, [], [
      instance,
    ]);
  }

  // Expressions

  evaluate(node: t.Node, frame: Frame): readonly Value[] {
    const { store } = this;
    switch (node.type) {
      case "Identifier":
      case "JSXIdentifier":
        return this.#identifier(node, frame);
      case "ThisExpression":
        return this.thisOf(frame);
      case "ArrowFunctionExpression":
      case "FunctionExpression":
      case "FunctionDeclaration": {
        const fn = frame.fn.module.functionOf.get(node);
        return fn === undefined ? NONE : [store.fn(fn, frame)];
      }
      case "ClassExpression":
      case "ClassDeclaration": {
        const cls = frame.fn.module.classOf.get(node);
        return cls === undefined ? NONE : [store.cls(cls, frame)];
      }
      case "ObjectExpression":
        return [store.object(node, frame)];
      case "ArrayExpression":
        return [store.collection(node, frame)];
      case "StringLiteral":
        return [store.text(node.value)];
      case "TemplateLiteral":
        return this.#template(node, frame);
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.inFrame(frame, node, () => this.#member(node, frame));
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        return this.inFrame(
          frame,
          node,
          () => this.#callResult(this.call(node, frame)),
        );
      case "ImportExpression":
        return this.#dynamicImport(node.source, frame);
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSTypeAssertion": {
        const values = this.evaluate(node.expression, frame);
        if (values.length > 0 || node.type === "TSSatisfiesExpression") {
          return values;
        }
        const scope = frame.fn.module.castScopes.get(node);
        return scope === undefined
          ? NONE
          : this.typed({ node: node.typeAnnotation, scope });
      }
      case "AwaitExpression":
        return this.evaluate(node.argument, frame);
      case "ConditionalExpression":
        return union(
          this.evaluate(node.consequent, frame),
          this.evaluate(node.alternate, frame),
        );
      case "LogicalExpression":
        return union(
          this.evaluate(node.left, frame),
          this.evaluate(node.right, frame),
        );
      case "SequenceExpression":
        return this.evaluate(node.expressions.at(-1)!, frame);
      case "AssignmentExpression":
        return this.evaluate(node.right, frame);
      case "MetaProperty":
        return [store.api("global", "import.meta")];
      default: {
        const inner = bare(node);
        return inner === node ? NONE : this.evaluate(inner, frame);
      }
    }
  }

  #identifier(
    node: t.Identifier | t.JSXIdentifier,
    frame: Frame,
  ): readonly Value[] {
    const binding = frame.fn.module.names.get(node);
    if (binding !== undefined) return this.evaluateBinding(binding, frame);
    return node.name === "undefined" ? NONE : [this.#global(node.name)];
  }

  #global(name: string): Value {
    return this.api("global", name);
  }

  api(module: string, path: string): Value {
    const place = canonicalApi(module, path);
    return this.store.api(place.module, place.path);
  }

  #template(node: t.TemplateLiteral, frame: Frame): readonly Value[] {
    let text = "";
    for (const [index, quasi] of node.quasis.entries()) {
      text += quasi.value.cooked ?? "";
      const expression = node.expressions[index];
      if (expression === undefined) continue;
      const values = this.evaluate(expression, frame);
      const [only] = values;
      if (values.length !== 1 || only?.kind !== "text") return NONE;
      text += only.text;
    }
    return [this.store.text(text)];
  }

  #dynamicImport(source: t.Node, frame: Frame): readonly Value[] {
    return union(
      ...this.evaluate(source, frame).map((value) =>
        value.kind === "text"
          ? this.exports.imported(value.text, "*", frame.fn.module)
          : NONE
      ),
    );
  }

  /** `this` in a frame. */
  thisOf(frame: Frame): readonly Value[] {
    let at: Frame | null = frame;
    while (at !== null && at.fn.arrow) at = at.parent;
    if (at === null) return NONE;
    if (at.self.length > 0) return at.self;
    const { owner, isStatic } = at.fn;
    if (owner === null || at.parent === null) return NONE;
    if ("type" in owner) return [this.store.object(owner, at.parent)];
    const cls = this.store.cls(owner, at.parent);
    return [isStatic ? cls : this.store.instance(cls, null, at.parent)];
  }

  // Names

  evaluateBinding(binding: Binding, frame: Frame): readonly Value[] {
    const owner = ownerOf(binding, frame) ?? this.home(binding.scope.fn);
    return this.inFrame(owner, binding, () => this.#sources(binding, owner));
  }

  #sources(binding: Binding, frame: Frame): readonly Value[] {
    const { module } = binding.scope.fn;
    switch (binding.kind) {
      case "import": {
        const { specifier, name } = binding.imported!;
        return this.exports.imported(specifier, name, module);
      }
      case "function": {
        const fn = module.functionOf.get(binding.node);
        const own = fn === undefined ? NONE : [this.store.fn(fn, frame)];
        return union(own, this.#written(binding, frame));
      }
      case "class": {
        const cls = module.classOf.get(binding.node);
        return cls === undefined ? NONE : [this.store.cls(cls, frame)];
      }
      case "namespace": {
        const scope = namespaceScopes.get(binding);
        return scope === undefined
          ? NONE
          : [this.store.namespace(scope, binding.node, frame)];
      }
      default: {
        const values = this.#written(binding, frame);
        if (values.some((value) => this.learnt.weighs(value))) return values;
        // Nothing, or an empty list that will be filled: ask its type.
        return union(
          values,
          ...binding.types.map(({ type, path }) =>
            this.#along(this.typed(type), path)
          ),
        );
      }
    }
  }

  #written(binding: Binding, frame: Frame): readonly Value[] {
    return union(
      ...binding.sources.map((source) => this.#source(source, frame)),
    );
  }

  #source(source: Source, owner: Frame): readonly Value[] {
    const frame = this.#within(source.fn, owner);
    if (source.from === "expression") {
      return this.#along(this.evaluate(source.node, frame), source.path);
    }
    const { index, rest, path } = source;
    if (rest) {
      return [this.store.collection(source.fn.params[index]!, frame)];
    }
    return this.#along(this.#argument(frame, index), path);
  }

  #argument(frame: Frame, index: number): readonly Value[] {
    const args = frame.args[index];
    return frame.generic || args === ANYTHING
      ? this.learnt.everGiven(frame.fn)[index] ?? NONE
      : args ?? NONE;
  }

  #along(values: readonly Value[], path: readonly Step[]): readonly Value[] {
    let at = values;
    for (const step of path) {
      switch (step.take) {
        case "property":
          at = this.property(at, step.name);
          break;
        case "index":
          at = this.property(at, String(step.index));
          break;
        case "element":
          at = this.elements(at);
          break;
        case "rest":
          break;
      }
    }
    return at;
  }

  importedType(binding: Binding): Binding | readonly Value[] | undefined {
    return this.exports.importedType(binding);
  }

  // Types

  typed(type: TypeRef): readonly Value[] {
    const { node, scope } = type;
    const owner = this.home(scope.fn);
    return this.inFrame(owner, node, () => valuesOfType(type, this));
  }

  // Properties

  property(values: readonly Value[], name: string | null): readonly Value[] {
    return union(...values.map((value) => this.#propertyOf(value, name)));
  }

  #propertyOf(value: Value, name: string | null): readonly Value[] {
    if (value.kind === "text" || value.kind === "url") return NONE;
    return this.#globally(`${value.id}.${name ?? "*"}`, () => {
      const found = union(
        this.#ownProperty(value, name),
        this.learnt.read(value, name),
      );
      // A pair of a name and a value counts as the value.
      return found.length === 0 && name !== null && /^\d+$/.test(name)
        ? [value]
        : found;
    });
  }

  #ownProperty(value: Value, name: string | null): readonly Value[] {
    switch (value.kind) {
      case "object":
        return this.#members.ofObject(value, name);
      case "instance":
        return this.#members.ofInstance(value, name);
      case "class":
        return this.#members.ofClass(value, name);
      case "collection":
        return this.#elements.property(value, name);
      case "module":
        return name === null
          ? union(
            ...this.exports.exportNames(value.module).map((one) =>
              this.exports.exported(value.module, one)
            ),
          )
          : this.exports.exported(value.module, name);
      case "namespace": {
        if (name === null) return NONE;
        const binding = value.scope.values.get(name);
        return binding === undefined
          ? NONE
          : this.evaluateBinding(binding, value.frame);
      }
      case "api":
        return name === null || value.path.split(".").length > LONGEST_PATH
          ? NONE
          : [
            this.api(
              value.module,
              value.path === "" ? name : `${value.path}.${name}`,
            ),
          ];
      case "package":
        return name === null || value.path.split(".").length > LONGEST_PATH
          ? NONE
          : [this.packageProperty(value, name)];
      case "type": {
        const made = this.property(this.#implementations.of(value), name);
        return made.length > 0 ? made : declaredProperty(value, name, this);
      }
      default:
        return NONE;
    }
  }

  packageProperty(value: PackageValue, name: string): PackageValue {
    const { path } = value;
    // What its parts have in turn is known of few packages.
    return path !== "" && !this.isTracked(value.name)
      ? this.store.pkg(value.name, "*")
      : this.store.pkg(
        value.name,
        path === "" ? name : `${path}.${name}`,
        value.made,
        value.prefix,
      );
  }

  /** What looping over values gives. */
  elements(values: readonly Value[]): readonly Value[] {
    return union(...values.map((value) => {
      switch (value.kind) {
        case "collection":
          return this.#globally(
            `${value.id}[]`,
            () =>
              union(this.#elements.of(value), this.learnt.read(value, "[]")),
          );
        case "instance":
        case "object":
          return this.#globally(
            `${value.id}[]`,
            () => this.#elements.ofIterable(value),
          );
        default:
          return NONE;
      }
    }));
  }

  // Calls

  /** What a call calls, and with what. */
  call(
    node: CallNode,
    frame: Frame,
  ): CallFacts {
    return this.memory.ask(
      frame.calls,
      node,
      nothingCalled(node, frame),
      () => readCall(node, frame, this),
    );
  }

  /** What a call passes. */
  argumentsOf(
    node: CallNode,
    frame: Frame,
    answer: () => readonly (readonly Value[])[],
  ): readonly (readonly Value[])[] {
    return this.memory.ask(frame.passed, node, NO_ARGUMENTS, answer);
  }

  #member(
    node: t.MemberExpression | t.OptionalMemberExpression,
    frame: Frame,
  ): readonly Value[] {
    if (node.object.type === "Super") {
      return this.superProperty(frame, keyName(node.property, node.computed));
    }
    const objects = this.evaluate(node.object, frame);
    return union(
      ...this.keysOf(node, frame).map((name) => this.property(objects, name)),
    );
  }

  /** Names that `object[key]` may stand for; null: any. */
  keysOf(
    node: t.MemberExpression | t.OptionalMemberExpression,
    frame: Frame,
  ): readonly (string | null)[] {
    const name = keyName(node.property, node.computed);
    if (name !== null || !node.computed) return [name];
    const texts = this.evaluate(node.property, frame).flatMap((value) =>
      value.kind === "text" ? [value.text] : []
    );
    return texts.length > 0 ? texts : [null];
  }

  /** `super.name`. */
  superProperty(frame: Frame, name: string | null): readonly Value[] {
    if (name === null) return NONE;
    const found: (readonly Value[])[] = [];
    for (const { parent, self } of this.supers(frame)) {
      if (parent.kind === "class" && self.kind === "instance") {
        found.push(this.#members.inherited(parent, name, self, new Set()));
      } else if (parent.kind === "class") {
        found.push(this.property([parent], name));
      } else {
        const from = self.kind === "instance"
          ? this.property([parent], "prototype")
          : [parent];
        found.push(this.property(from, name));
      }
    }
    return union(...found);
  }

  /** What `super` is in a frame, with the `this` that goes with it. */
  supers(frame: Frame): { parent: Value; self: Value }[] {
    let at: Frame | null = frame;
    while (at !== null && at.fn.arrow) at = at.parent;
    const owner = at?.fn.owner;
    if (!at?.parent || !owner || "type" in owner || !owner.superClass) {
      return [];
    }
    const parents = this.evaluate(owner.superClass, at.parent);
    const selves = this.thisOf(at);
    return parents.flatMap((parent) =>
      selves.map((self) => ({ parent, self }))
    );
  }

  /** What calling values gives, when nothing is known of the arguments. */
  result(values: readonly Value[]): readonly Value[] {
    return union(...values.map((value) => {
      switch (value.kind) {
        case "function":
          return this.returned(this.enter(value, []));
        case "function_type":
          return this.typed(value.result);
        default:
          return NONE;
      }
    }));
  }

  /** What a function gives back in a frame. */
  returned(frame: Frame): readonly Value[] {
    return this.inFrame(frame, RESULT, () => {
      const { fn } = frame;
      if (fn.generator) return [this.store.collection(fn.node, frame)];
      const values = union(
        ...fn.returns.map((node) => this.evaluate(node, frame)),
      );
      return values.length > 0 || fn.returnType === null
        ? values
        : this.typed(fn.returnType);
    });
  }

  /** What a call of one function value gives. */
  resultOf(
    value: FnValue,
    args: readonly (readonly Value[])[],
    from: FnInfo,
  ): readonly Value[] {
    return this.#isOpaque(value.fn, from)
      ? NONE
      : this.returned(this.enter(value, args));
  }

  isTracked(name: string): boolean {
    return this.#tracked.has(name) || isTracked(name);
  }

  isOpaque(target: FnInfo | ClassInfo, from: FnInfo): boolean {
    return this.#isOpaque(target, from);
  }

  #callResult(call: CallFacts): readonly Value[] {
    const { frame, node, callees, isNew } = call;
    if (call.special !== null) return call.special;
    const found: (readonly Value[])[] = [];
    for (const callee of callees) {
      switch (callee.kind) {
        case "function":
          if (!isNew) {
            found.push(
              this.#fromHere(
                this.resultOf(callee, call.args(), frame.fn),
                call,
              ),
            );
          }
          break;
        case "class":
          if (isNew && !this.#isOpaque(callee.cls, frame.fn)) {
            found.push([this.store.instance(callee, node, frame)]);
          }
          break;
        case "function_type":
          found.push(this.typed(callee.result));
          break;
        case "api":
        case "package":
          found.push(foreignResult(callee, call, this));
          break;
      }
    }
    if (callees.length === 0) found.push(foreignResult(null, call, this));
    return union(...found);
  }

  /** Tells routers apart that one function makes. */
  #fromHere(values: readonly Value[], call: CallFacts): readonly Value[] {
    if (!values.some((value) => value.kind === "package" && value.made)) {
      return values;
    }
    return union(values.map((value) => {
      if (value.kind !== "package" || value.made === "") return value;
      return this.#made(value, call);
    }));
  }

  #made(value: PackageValue, { node, frame }: CallFacts): PackageValue {
    const own = `${nodeId(node)}@${frame.id}`;
    const parts = value.made.split(">");
    if (parts.includes(own) || parts.length >= LONGEST_ORIGIN) return value;
    return this.store.pkg(
      value.name,
      value.path,
      `${own}>${value.made}`,
      value.prefix,
    );
  }
}

/** The frame that a name belongs to, from a frame inside of it. */
function ownerOf(binding: Binding, frame: Frame): Frame | null {
  const { fn } = binding.scope;
  let at: Frame | null = frame;
  while (at !== null && at.fn !== fn) at = at.parent;
  return at;
}
