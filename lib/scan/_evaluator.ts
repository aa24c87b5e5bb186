import type * as t from "@babel/types";
import { type CallFacts, nothingCalled, readCall } from "./_call_facts.ts";
import {
  type Binding,
  type CallNode,
  type ClassInfo,
  type FnInfo,
  keyName,
  lookUpType,
  type Member,
  type ModuleInfo,
  type Source,
  type Step,
  type TypeRef,
} from "./_facts.ts";
import { Cell, type Cells, Memory } from "./_memory.ts";
import type { Program } from "./_program.ts";
import { namespaceScopes } from "./_read_module.ts";
import { collectionResult, foreignResult } from "./_results.ts";
import { canonicalApi } from "./_runtime_facts.ts";
import { bare } from "./_syntax.ts";
import { isTracked, leadsToBlocking } from "./_tracked.ts";
import {
  declaredProperty,
  Implementations,
  type TypeContext,
  valuesOfType,
} from "./_type_values.ts";
import {
  ANYTHING,
  type ClassValue,
  type CollectionValue,
  type FnValue,
  type Frame,
  type InstanceValue,
  meaningful,
  nodeId,
  NONE,
  type ObjectValue,
  type PackageValue,
  Store,
  union,
  type Value,
} from "./_values.ts";

/** Names in a row: `a.b.c`. */
const LONGEST_PATH = 4;
/** Calls that a router's identity remembers. */
const LONGEST_ORIGIN = 6;

const NO_ARGUMENTS: readonly (readonly Value[])[] = [];
const RESULT = Symbol("result");
const YIELDS = Symbol("yields");
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
  readonly #program: Program;
  readonly #isOpaque: IsOpaque;
  readonly #tracked: ReadonlySet<string>;
  /** Whether a function runs in a thread what it is given. */
  readonly handsOff: (value: Value) => boolean;
  /** What was written into objects: `id.name`. */
  readonly #heap = new Map<string, Fact>();
  /** What each function was ever given: `id.index`. */
  readonly #seen = new Map<FnInfo, Fact[]>();
  readonly #implementations: Implementations;
  #subclasses: Map<ClassInfo, ClassValue[]> | null = null;
  readonly #answers: Cells<readonly Value[]> = new Map();
  readonly #weights: Cells<boolean> = new Map();

  constructor(program: Program, limits: EvaluatorLimits) {
    this.#program = program;
    this.#tracked = limits.tracked;
    this.#isOpaque = limits.isOpaque;
    this.handsOff = limits.handsOff;
    this.modules = program.modules;
    this.#implementations = new Implementations(this);
  }

  #inFrame(
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
    const kept = this.#weighty(fn, args);
    const own = fn.arrow ? NONE : value.self ? [value.self] : self;
    return this.store.frame(fn, frame, kept, own);
  }

  /** The frame in which the fields of a new object are filled. */
  enterInit(instance: InstanceValue): Frame {
    return this.store.frame(instance.of.cls.init, instance.of.frame, [], [
      instance,
    ]);
  }

  #weighty(
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
      const heavy = values.filter((value) => this.#weighs(value));
      return heavy.length === values.length ? values : heavy;
    };
    return values.length < 3
      ? weigh()
      : this.memory.ask(this.#answers, values, NONE, weigh);
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
    this.memory.grow(fact.cell);
  }

  #recall(fact: Fact): readonly Value[] {
    this.memory.touch(fact.cell);
    return fact.values;
  }

  /** Whether a value can lead to a call: what cannot makes no difference. */
  #weighs(value: Value): boolean {
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
        return this.memory.ask(this.#weights, value, false, () => {
          const inside = value.kind === "object"
            ? this.property([value], null)
            : this.elements([value]);
          return inside.some((one) => this.#weighs(one));
        });
      default:
        return true;
    }
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
        return this.#inFrame(frame, node, () => this.#member(node, frame));
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        return this.#inFrame(
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
    return this.#api("global", name);
  }

  #api(module: string, path: string): Value {
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
          ? this.imported(value.text, "*", frame.fn.module)
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
    return this.#inFrame(owner, binding, () => this.#sources(binding, owner));
  }

  #sources(binding: Binding, frame: Frame): readonly Value[] {
    const { module } = binding.scope.fn;
    switch (binding.kind) {
      case "import": {
        const { specifier, name } = binding.imported!;
        return this.imported(specifier, name, module);
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
        if (values.some((value) => this.#weighs(value))) return values;
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
      ? this.#everGiven(frame.fn)[index] ?? NONE
      : args ?? NONE;
  }

  /** All that a function is given in any call. */
  #everGiven(fn: FnInfo): readonly (readonly Value[])[] {
    return this.#seenBy(fn).map((fact) => this.#recall(fact));
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

  // Modules

  imported(
    specifier: string,
    name: string,
    from: ModuleInfo,
  ): readonly Value[] {
    const linked = this.#program.link(specifier, from);
    switch (linked.kind) {
      case "module":
        return name === "*"
          ? [this.store.module(linked.module)]
          : this.exported(linked.module, name);
      case "builtin":
        return [
          this.#api(
            linked.module,
            name === "*" || name === "default" ? "" : name,
          ),
        ];
      case "package":
        return [
          this.store.pkg(
            linked.name,
            name === "*" || name === "default" ? "" : name,
          ),
        ];
      case "none":
        return NONE;
    }
  }

  exported(
    module: ModuleInfo,
    name: string,
    seen: Set<ModuleInfo> = new Set(),
  ): readonly Value[] {
    if (seen.has(module)) return NONE;
    seen.add(module);
    const found = module.exports.get(name);
    const frame = this.top(module);
    if (found?.kind === "name") {
      const binding = module.scope.values.get(found.name);
      return binding === undefined
        ? NONE
        : this.evaluateBinding(binding, frame);
    }
    if (found?.kind === "expression") return this.evaluate(found.node, frame);
    if (found?.kind === "from") {
      const linked = this.#program.link(found.specifier, module);
      return linked.kind === "module" && found.name !== "*"
        ? this.exported(linked.module, found.name, seen)
        : this.imported(found.specifier, found.name, module);
    }
    if (name === "default") return NONE;
    for (const specifier of module.stars) {
      const linked = this.#program.link(specifier, module);
      const values = linked.kind === "module"
        ? this.exported(linked.module, name, seen)
        : linked.kind === "none"
        ? NONE
        : this.imported(specifier, name, module);
      if (values.length > 0) return values;
    }
    return NONE;
  }

  exportNames(module: ModuleInfo): string[] {
    return [...module.exports.keys()];
  }

  importedType(binding: Binding): Binding | readonly Value[] | undefined {
    const { specifier, name } = binding.imported!;
    const { module } = binding.scope.fn;
    const linked = this.#program.link(specifier, module);
    if (linked.kind === "module") {
      return this.#exportedType(linked.module, name, new Set());
    }
    return this.imported(specifier, name, module);
  }

  #exportedType(
    module: ModuleInfo,
    name: string,
    seen: Set<ModuleInfo>,
  ): Binding | readonly Value[] | undefined {
    if (seen.has(module)) return undefined;
    seen.add(module);
    const found = module.exports.get(name);
    if (found?.kind === "name") {
      const binding = lookUpType(module.scope, found.name);
      return binding?.kind === "import" ? this.importedType(binding) : binding;
    }
    const through = found?.kind === "from"
      ? [{ specifier: found.specifier, name: found.name }]
      : found === undefined
      ? module.stars.map((specifier) => ({ specifier, name }))
      : [];
    for (const { specifier, name } of through) {
      const linked = this.#program.link(specifier, module);
      const type = linked.kind === "module"
        ? this.#exportedType(linked.module, name, seen)
        : this.imported(specifier, name, module);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  // Types

  typed(type: TypeRef): readonly Value[] {
    const { node, scope } = type;
    const owner = this.home(scope.fn);
    return this.#inFrame(owner, node, () => valuesOfType(type, this));
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
        this.#heapOf(value, name),
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
        return this.#objectProperty(value, name);
      case "instance":
        return this.#instanceProperty(value, name);
      case "class":
        return this.#staticProperty(value, name);
      case "collection":
        return this.#collectionProperty(value, name);
      case "module":
        return name === null
          ? union(
            ...this.exportNames(value.module).map((one) =>
              this.exported(value.module, one)
            ),
          )
          : this.exported(value.module, name);
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
            this.#api(
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

  #objectProperty(value: ObjectValue, name: string | null): readonly Value[] {
    const { node, frame } = value;
    const { functionOf } = frame.fn.module;
    let found: readonly Value[] = NONE;
    // From the end: what is written later wins.
    for (const property of node.properties.toReversed()) {
      if (property.type === "SpreadElement") {
        const spread = this.evaluate(property.argument, frame);
        found = union(found, this.property(spread, name));
        continue;
      }
      const key = keyName(property.key, property.computed === true);
      if (name !== null && key !== null && key !== name) continue;
      const fnNode = property.type === "ObjectMethod"
        ? property
        : property.value.type === "FunctionExpression"
        ? property.value
        : undefined;
      const fn = fnNode && functionOf.get(fnNode);
      let own: readonly Value[];
      if (fn === undefined) {
        own = property.type === "ObjectProperty"
          ? this.evaluate(property.value, frame)
          : NONE;
      } else if (property.type === "ObjectMethod" && property.kind === "set") {
        continue;
      } else {
        own = [this.store.fn(fn, frame, value)];
        if (property.type === "ObjectMethod" && property.kind === "get") {
          own = this.result(own);
        }
      }
      found = union(found, own);
      if (name !== null && key === name) return found;
    }
    return found;
  }

  #instanceProperty(
    value: InstanceValue,
    name: string | null,
  ): readonly Value[] {
    if (name === null) return NONE;
    const own = this.#memberOf(value.of, name, value, new Set());
    if (value.node !== null) return own;
    // Any of the class: what is known of each, and of each subclass.
    const all: (readonly Value[])[] = [own];
    for (const cls of this.#familyOf(value.of)) {
      if (cls !== value.of) {
        all.push(this.#memberOf(cls, name, value, new Set()));
      }
      for (const one of this.store.instances.get(cls.cls) ?? []) {
        if (one !== value) all.push(this.#heapOf(one, name));
      }
    }
    return union(...all);
  }

  #memberOf(
    cls: ClassValue,
    name: string,
    self: InstanceValue,
    seen: Set<ClassValue>,
  ): readonly Value[] {
    if (seen.has(cls)) return NONE;
    seen.add(cls);
    const members = cls.cls.members.get(name);
    if (members !== undefined) {
      return union(
        ...members.map((member) => this.#memberValue(member, name, cls, self)),
      );
    }
    const kept = this.#keptType(cls.cls, name);
    if (kept !== null && this.#heapOf(self, name).length === 0) {
      return this.typed(kept);
    }
    const { superClass } = cls.cls;
    if (superClass === null) return NONE;
    return union(
      ...this.evaluate(superClass, cls.frame).map((parent) => {
        if (parent.kind === "class") {
          return this.#memberOf(parent, name, self, seen);
        }
        return parent.kind === "api" || parent.kind === "package"
          ? this.property(this.property([parent], "prototype"), name)
          : NONE;
      }),
    );
  }

  /** The type of `constructor(private store: Store)`. */
  #keptType(cls: ClassInfo, name: string): TypeRef | null {
    for (const site of cls.ctor?.sites ?? []) {
      if (site.kind === "keep" && site.name === name) {
        return site.binding.types[0]?.type ?? null;
      }
    }
    return null;
  }

  #memberValue(
    member: Member,
    name: string,
    cls: ClassValue,
    self: InstanceValue,
  ): readonly Value[] {
    const { fn, value, kind } = member;
    if (kind === "set") return NONE;
    if (fn !== undefined) {
      const method = this.store.fn(fn, cls.frame, self);
      if (kind === "get") return this.result([method]);
      return union([method], this.#decorated(member, cls, method));
    }
    const frame = this.enterInit(self);
    const given = value ? this.#fieldValue(value, frame, self) : NONE;
    const isKnown = given.length > 0 || this.#heapOf(self, name).length > 0;
    return isKnown || !member.type ? given : this.typed(member.type);
  }

  #fieldValue(
    value: t.Node,
    frame: Frame,
    self: Value,
  ): readonly Value[] {
    if (value.type !== "FunctionExpression") return this.evaluate(value, frame);
    const fn = frame.fn.module.functionOf.get(value);
    return fn === undefined ? NONE : [this.store.fn(fn, frame, self)];
  }

  /** What decorators put in the place of a method. */
  #decorated(
    member: Member,
    cls: ClassValue,
    method: FnValue,
  ): readonly Value[] {
    return union(
      ...member.decorators.map((decorator) => {
        if (decorator.type !== "Decorator") return NONE;
        const called = this.evaluate(decorator.expression, cls.frame);
        return union(
          ...called.map((value) =>
            value.kind === "function" && !this.#isOpaque(value.fn, cls.cls.fn)
              ? this.#returned(this.enter(value, [[method]]))
                .filter((one) => one.kind === "function")
              : NONE
          ),
        );
      }),
    );
  }

  #staticProperty(value: ClassValue, name: string | null): readonly Value[] {
    if (name === null) return NONE;
    if (name === "prototype") {
      return [this.store.instance(value, null, value.frame)];
    }
    const members = value.cls.statics.get(name);
    if (members === undefined) {
      const { superClass } = value.cls;
      return superClass === null
        ? NONE
        : this.property(this.evaluate(superClass, value.frame), name);
    }
    return union(...members.map(({ fn, value: init, kind, type }) => {
      if (kind === "set") return NONE;
      if (fn !== undefined) {
        const method = this.store.fn(fn, value.frame, value);
        return kind === "get" ? this.result([method]) : [method];
      }
      const given = init ? this.#fieldValue(init, value.frame, value) : NONE;
      return given.length > 0 || !type ? given : this.typed(type);
    }));
  }

  /** A class and all that extend it. */
  #familyOf(cls: ClassValue): readonly ClassValue[] {
    const family = [cls];
    for (const one of family) {
      for (const child of this.#subclassesOf(one.cls)) {
        if (!family.includes(child)) family.push(child);
      }
    }
    return family;
  }

  #subclassesOf(cls: ClassInfo): readonly ClassValue[] {
    this.#subclasses ??= this.memory.alone(() => this.#indexSubclasses());
    return this.#subclasses.get(cls) ?? [];
  }

  #indexSubclasses(): Map<ClassInfo, ClassValue[]> {
    const index = new Map<ClassInfo, ClassValue[]>();
    {
      for (const module of this.modules) {
        for (const child of module.classes) {
          if (child.superClass === null) continue;
          const frame = this.home(child.fn);
          for (const parent of this.evaluate(child.superClass, frame)) {
            if (parent.kind !== "class") continue;
            const known = index.get(parent.cls) ?? [];
            known.push(this.store.cls(child, frame));
            index.set(parent.cls, known);
          }
        }
      }
    }
    return index;
  }

  // Collections

  #collectionProperty(
    value: CollectionValue,
    name: string | null,
  ): readonly Value[] {
    if (name === null) return this.elements([value]);
    if (!/^\d+$/.test(name)) return NONE;
    const { node } = value;
    if (
      node.type === "ArrayExpression" &&
      !node.elements.some((one) => one?.type === "SpreadElement")
    ) {
      const element = node.elements[Number(name)];
      const own = element ? this.evaluate(element, value.frame) : NONE;
      return union(own, this.#heapOf(value, "[]"));
    }
    return this.elements([value]);
  }

  /** What looping over values gives. */
  elements(values: readonly Value[]): readonly Value[] {
    return union(...values.map((value) => {
      switch (value.kind) {
        case "collection":
          return this.#globally(
            `${value.id}[]`,
            () => union(this.#elementsOf(value), this.#heapOf(value, "[]")),
          );
        case "instance":
        case "object":
          return this.#globally(`${value.id}[]`, () => this.#iterated(value));
        default:
          return NONE;
      }
    }));
  }

  /** What the iterator of an object of one's own gives. */
  #iterated(value: Value): readonly Value[] {
    const iterators = union(
      this.property([value], "@@iterator"),
      this.property([value], "@@asyncIterator"),
    );
    const made = this.result(iterators);
    const steps = this.result(this.property(made, "next"));
    return union(this.elements(made), this.property(steps, "value"));
  }

  #elementsOf(value: CollectionValue): readonly Value[] {
    const { node, frame, element } = value;
    if (element !== null) return this.typed(element);
    switch (node.type) {
      case "ArrayExpression":
        return union(
          ...node.elements.map((one) => {
            if (one === null) return NONE;
            return one.type === "SpreadElement"
              ? this.elements(this.evaluate(one.argument, frame))
              : this.evaluate(one, frame);
          }),
        );
      case "RestElement": {
        const index = frame.fn.params.indexOf(node);
        const args = frame.generic || frame.args.includes(ANYTHING)
          ? this.#everGiven(frame.fn)
          : frame.args;
        return union(...args.slice(Math.max(index, 0)));
      }
      case "NewExpression": {
        // new Set([value]), new Map([[name, value]])
        const call = this.call(node, frame);
        const given = this.elements(call.args()[0] ?? NONE);
        const isMap = call.callees.some((callee) =>
          callee.kind === "api" && /^(?:Weak)?Map$/.test(callee.path)
        );
        return isMap ? this.property(given, "1") : given;
      }
      case "CallExpression":
      case "OptionalCallExpression":
        return collectionResult(this.call(node, frame), this);
      default:
        // A generator: what it yields.
        return frame.fn.generator && frame.fn.node === node
          ? this.#yielded(frame)
          : NONE;
    }
  }

  #yielded(frame: Frame): readonly Value[] {
    return this.#inFrame(
      frame,
      YIELDS,
      () =>
        union(
          ...frame.fn.yields.map((node) => {
            const values = this.evaluate(node, frame);
            return union(values, this.elements(values));
          }),
        ),
    );
  }

  // The heap

  /** Remembers that a value was put into a property, or (`[]`) added. */
  write(
    targets: readonly Value[],
    name: string | null,
    values: readonly Value[],
  ): void {
    if (values.length === 0) return;
    for (const target of targets) {
      this.#writeTo(target, name ?? "*", values);
      const forgotten = this.store.forget(target);
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

  #heapOf(value: Value, name: string | null): readonly Value[] {
    return this.#recall(this.#slot(value, name ?? ANY_SLOT));
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
        found.push(this.#memberOf(parent, name, self, new Set()));
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
          return this.#returned(this.enter(value, []));
        case "function_type":
          return this.typed(value.result);
        default:
          return NONE;
      }
    }));
  }

  /** What a function gives back in a frame. */
  #returned(frame: Frame): readonly Value[] {
    return this.#inFrame(frame, RESULT, () => {
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
      : this.#returned(this.enter(value, args));
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
