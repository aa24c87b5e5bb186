/**
 * Walks one function in one frame: which functions it calls, which blocking
 * APIs, and which functions it leaves with the loop to be called later.
 *
 * @module
 */
import type * as t from "@babel/types";
import { blame, type Culprit } from "./_blame.ts";
import type { CallFacts } from "./_call_facts.ts";
import { accessorsOf, lineageOf } from "./_lineage.ts";
import type { Evaluator } from "./_evaluator.ts";
import { keyName, type ModuleInfo, type Site } from "./_facts.ts";
import { ADDING, callbackArguments, CALLING_BACK } from "./_results.ts";
import {
  isRouterPackage,
  type Mount,
  readRouteCall,
  type RouteCall,
} from "./_routers.ts";
import {
  calledLater,
  EVENT_SOURCES,
  LISTENING,
  NODE_STREAM_METHODS,
} from "./_runtime_facts.ts";
import { bare, callPlace } from "./_syntax.ts";
import type { EntryKind } from "./types.ts";
import {
  type ApiValue,
  type ClassValue,
  type FnValue,
  type Frame,
  type InstanceValue,
  NONE,
  type PackageValue,
  union,
  type Value,
} from "./_values.ts";

/** A call from one frame to another. */
export interface Edge {
  readonly to: Frame;
  readonly line: number;
}

/** A function left with the loop. */
export interface Registration {
  readonly kind: EntryKind;
  readonly label: string;
  readonly route: RouteCall | null;
  readonly router: PackageValue | null;
  readonly to: readonly Frame[];
  readonly line: number;
}

/** What walking a frame found. */
export interface FrameFacts {
  readonly edges: readonly Edge[];
  readonly culprits: readonly Culprit[];
  readonly registrations: readonly Registration[];
  /** Functions that run in a thread. */
  readonly offLoop: readonly Frame[];
  /** Modules started as threads. */
  readonly threads: readonly ModuleInfo[];
  /** Routers put under others. */
  readonly mounts: readonly Mount[];
}

/** What the walk needs to know of the whole program. */
export interface WalkContext {
  readonly evaluator: Evaluator;
  /** Names that some getter or setter of the program has. */
  readonly accessors: ReadonlySet<string>;
  /** The module that a URL beside another module names. */
  moduleAt(from: ModuleInfo, specifier: string): ModuleInfo | undefined;
}

/** Walks a frame. */
export function walkFrame(frame: Frame, context: WalkContext): FrameFacts {
  const walk = new Walk(frame, context);
  for (const site of frame.fn.sites) walk.site(site);
  return walk;
}

class Walk implements FrameFacts {
  readonly edges: Edge[] = [];
  readonly culprits: Culprit[] = [];
  readonly registrations: Registration[] = [];
  readonly offLoop: Frame[] = [];
  readonly threads: ModuleInfo[] = [];
  readonly mounts: Mount[] = [];
  readonly #frame: Frame;
  readonly #context: WalkContext;
  readonly #evaluator: Evaluator;

  constructor(frame: Frame, context: WalkContext) {
    this.#frame = frame;
    this.#context = context;
    this.#evaluator = context.evaluator;
  }

  site(site: Site): void {
    const evaluator = this.#evaluator;
    const frame = this.#frame;
    switch (site.kind) {
      case "call":
        return this.#call(evaluator.call(site.node, frame));
      case "read":
        return this.#read(site.node);
      case "write":
        return this.#write(site);
      case "keep":
        return evaluator.learnt.write(
          evaluator.thisOf(frame),
          site.name,
          evaluator.evaluateBinding(site.binding, frame),
        );
      case "iterate": {
        const from = evaluator.evaluate(site.from, frame);
        this.#useProtocol(
          from,
          site.async ? ["@@asyncIterator", "@@iterator"] : ["@@iterator"],
          site.node,
        );
        if (site.async) this.#enterLoop(site.from);
        return;
      }
      case "dispose": {
        const from = evaluator.evaluate(site.from, frame);
        const names = site.async
          ? ["@@asyncDispose", "@@dispose"]
          : ["@@dispose"];
        return this.#useProtocol(from, names, site.node);
      }
      case "await": {
        // A thenable of one's own: a query builder, for one.
        const from = evaluator.evaluate(site.from, frame)
          .filter(({ kind }) => kind === "instance" || kind === "object");
        return this.#useProtocol(from, ["then"], site.node);
      }
      case "jsx":
        return this.#callAll(
          evaluator.evaluate(site.component, frame),
          [],
          site.node,
        );
      case "decorate": {
        const { node } = site;
        if (node.type !== "Decorator") return;
        return this.#callAll(
          evaluator.evaluate(node.expression, frame),
          [],
          node,
        );
      }
    }
  }

  #edge(to: Frame, node: t.Node): void {
    const { line } = callPlace(node);
    this.edges.push({ to, line });
  }

  /** Calls functions among the values, one's own only. */
  #callAll(
    values: readonly Value[],
    args: readonly (readonly Value[])[],
    node: t.Node,
  ): void {
    for (const value of values) {
      if (value.kind === "function") this.#callFunction(value, args, node);
    }
  }

  #callFunction(
    value: FnValue,
    args: readonly (readonly Value[])[],
    node: t.Node,
    self: readonly Value[] = NONE,
  ): void {
    if (this.#evaluator.isOpaque(value.fn, this.#frame.fn)) return;
    this.#edge(this.#evaluator.enter(value, args, self), node);
  }

  /** Iterators, disposers, thenables of one's own. */
  #useProtocol(
    values: readonly Value[],
    names: readonly string[],
    node: t.Node,
  ): void {
    const evaluator = this.#evaluator;
    const own = values.filter(({ kind }) =>
      kind === "instance" || kind === "object" || kind === "type"
    );
    if (own.length === 0) return;
    for (const name of names) {
      const methods = evaluator.property(own, name);
      this.#callAll(methods, [], node);
      if (name.endsWith("terator")) {
        const steps = evaluator.property(evaluator.result(methods), "next");
        this.#callAll(steps, [], node);
      }
    }
  }

  /**
   * `for await (const event of ...)` over what never ends: its body is entered
   * by the loop, also when the program's start-up does it.
   */
  #enterLoop(from: t.Node): void {
    const inner = bare(from);
    if (
      inner.type !== "CallExpression" && inner.type !== "OptionalCallExpression"
    ) {
      return;
    }
    const { callees } = this.#evaluator.call(inner, this.#frame);
    const source = callees.find((callee) =>
      callee.kind === "api" &&
      EVENT_SOURCES.has(`${callee.module} ${callee.path}`)
    );
    if (source === undefined) return;
    this.#register("event", `for await ${(source as ApiValue).path}`, {
      to: [this.#frame],
      node: from,
    });
  }

  #register(
    kind: EntryKind,
    label: string,
    { to, node, route = null, router = null }: {
      to: readonly Frame[];
      node: t.Node;
      route?: RouteCall | null;
      router?: PackageValue | null;
    },
  ): void {
    if (to.length === 0) return;
    const { line } = callPlace(node);
    this.registrations.push({ kind, label, route, router, to, line });
  }

  #framesOf(
    values: readonly Value[],
    args: readonly (readonly Value[])[] = [],
  ): Frame[] {
    return values.flatMap((value) =>
      value.kind === "function" &&
        !this.#evaluator.isOpaque(value.fn, this.#frame.fn)
        ? [this.#evaluator.enter(value, args)]
        : []
    );
  }

  #read(node: t.MemberExpression | t.OptionalMemberExpression): void {
    const name = keyName(node.property, node.computed);
    if (name === null || !this.#context.accessors.has(name)) return;
    const objects = node.object.type === "Super"
      ? this.#evaluator.thisOf(this.#frame)
      : this.#evaluator.evaluate(node.object, this.#frame);
    this.#access(objects, name, "get", node);
  }

  /** Runs the getters or setters of a name. */
  #access(
    objects: readonly Value[],
    name: string,
    kind: "get" | "set",
    node: t.Node,
  ): void {
    for (
      const { value, self } of accessorsOf(
        this.#evaluator,
        objects,
        name,
        kind,
      )
    ) {
      this.#edge(this.#evaluator.enter(value, [], [self]), node);
    }
  }

  #write(site: Extract<Site, { kind: "write" }>): void {
    const evaluator = this.#evaluator;
    const { name, node, object, value } = site;
    const objects = object.type === "Super"
      ? evaluator.thisOf(this.#frame)
      : evaluator.evaluate(object, this.#frame);
    const values = evaluator.evaluate(value, this.#frame);
    if (name !== null && this.#context.accessors.has(name)) {
      this.#access(objects, name, "set", node);
    }
    evaluator.learnt.write(objects, name, values);
    const isOwn = objects.some(({ kind }) =>
      kind === "instance" || kind === "object" || kind === "class"
    );
    if (name !== null && /^on[a-z]+$/.test(name) && !isOwn) {
      this.#register("event", name, { to: this.#framesOf(values), node });
    }
  }

  #call(call: CallFacts): void {
    const evaluator = this.#evaluator;
    const { callees, isNew, node } = call;
    let isFollowed = false;
    for (const callee of callees) {
      switch (callee.kind) {
        case "function":
          isFollowed = true;
          this.#ownCall(callee, call);
          break;
        case "class":
          isFollowed = true;
          if (isNew || call.isSuper) this.#construct(callee, call);
          break;
        case "api":
        case "package":
          this.#foreignCall(callee, call);
          break;
      }
    }
    if (callees.length === 0) this.#unknownCall(call);
    else if (
      !isFollowed && callees.every(({ kind }) => kind.endsWith("type"))
    ) {
      this.#unknownCall(call);
    }
    // values.push(fn), map.set(name, fn)
    if (call.method !== null && ADDING.has(call.method)) {
      const collections = call.receivers.filter(({ kind }) =>
        kind === "collection"
      );
      if (collections.length > 0) {
        evaluator.learnt.write(collections, null, union(...call.args()));
      }
    }
    if (
      callees.some((callee) =>
        callee.kind === "api" && callee.path === "Object.assign"
      )
    ) this.#assign(call, node);
  }

  /** `Object.assign(target, { handler })`. */
  #assign(call: CallFacts, node: t.Node): void {
    const [targets = NONE, ...sources] = call.args();
    for (const source of sources.flat()) {
      if (source.kind !== "object") continue;
      for (const property of source.node.properties) {
        if (property.type === "SpreadElement") continue;
        const name = keyName(property.key, property.computed === true);
        if (name === null) continue;
        const values = this.#evaluator.property([source], name);
        this.#evaluator.learnt.write(targets, name, values);
        if (this.#context.accessors.has(name)) {
          this.#access(targets, name, "set", node);
        }
      }
    }
  }

  #ownCall(callee: FnValue, call: CallFacts): void {
    const evaluator = this.#evaluator;
    if (this.#evaluator.handsOff(callee)) return this.#handOff(call);
    if (evaluator.isOpaque(callee.fn, this.#frame.fn)) {
      return this.#unknownCall(call);
    }
    if (call.isNew) return;
    this.#callFunction(
      callee,
      call.args(),
      call.node,
      callee.self === null ? call.receivers : NONE,
    );
  }

  /** What is handed to a thread: functions, modules. */
  #handOff(call: CallFacts): void {
    const values = call.args().flat();
    this.offLoop.push(...this.#framesOf(this.#functionsIn(values)));
    for (const value of values) {
      if (value.kind !== "url") continue;
      const module = this.#context.moduleAt(value.module, value.specifier);
      if (module !== undefined) this.threads.push(module);
    }
  }

  /** Functions among values and in the objects among them. */
  #functionsIn(values: readonly Value[]): readonly Value[] {
    return union(
      ...values.map((value): readonly Value[] => {
        if (value.kind === "function") return [value];
        if (value.kind !== "object" && value.kind !== "collection") {
          return NONE;
        }
        const inside = value.kind === "object"
          ? this.#evaluator.property([value], null)
          : this.#evaluator.elements([value]);
        return inside.filter(({ kind }) => kind === "function");
      }),
    );
  }

  #construct(callee: ClassValue, call: CallFacts): void {
    const evaluator = this.#evaluator;
    const { node } = call;
    if (this.#evaluator.handsOff(callee)) return this.#handOff(call);
    if (evaluator.isOpaque(callee.cls, this.#frame.fn)) {
      return this.#unknownCall(call);
    }
    const instances: InstanceValue[] = call.isSuper
      ? evaluator.thisOf(this.#frame).filter((value) =>
        value.kind === "instance"
      )
      : [evaluator.store.instance(callee, node, this.#frame)];
    for (const instance of instances) {
      this.#fill(callee, instance, call);
      if (!call.isSuper) this.#streamMethods(callee, instance, node);
    }
  }

  /** Field initialisers and constructors, those of parents included. */
  #fill(cls: ClassValue, instance: InstanceValue, call: CallFacts): void {
    const evaluator = this.#evaluator;
    for (const one of this.#filledBy(cls)) {
      if (one.kind !== "class") {
        this.#foreignCall(one, { ...call, isNew: true });
        continue;
      }
      const { init, ctor } = one.cls;
      this.#edge(
        evaluator.store.frame(init, one.frame, [], [instance]),
        call.node,
      );
      if (ctor === null) continue;
      const fn = evaluator.store.fn(ctor, one.frame, instance);
      this.#edge(evaluator.enter(fn, call.args()), call.node);
    }
  }

  /** A class, and what it extends up to the first with a constructor. */
  #filledBy(cls: ClassValue): (ClassValue | ApiValue | PackageValue)[] {
    const found: (ClassValue | ApiValue | PackageValue)[] = [cls];
    for (const one of found) {
      if (one.kind !== "class" || one.cls.ctor !== null) continue;
      const { superClass } = one.cls;
      if (superClass === null) continue;
      for (const parent of this.#evaluator.evaluate(superClass, one.frame)) {
        const isOne = parent.kind === "class" || parent.kind === "api" ||
          parent.kind === "package";
        if (isOne && !found.includes(parent)) found.push(parent);
      }
    }
    return found;
  }

  /** `_transform` and the like, of a class on top of a node stream. */
  #streamMethods(
    cls: ClassValue,
    instance: InstanceValue,
    node: t.Node,
  ): void {
    const evaluator = this.#evaluator;
    const isStream = lineageOf(this.#evaluator, cls).some((one) =>
      one.cls.superClass !== null &&
      evaluator.evaluate(one.cls.superClass, one.frame).some((parent) =>
        parent.kind === "api" &&
        calledLater(parent.module, parent.path)?.kind === "stream"
      )
    );
    if (!isStream) return;
    for (const name of NODE_STREAM_METHODS) {
      const methods = evaluator.property([instance], name);
      const to = this.#framesOf(methods);
      this.#register("stream", `${cls.cls.name}.${name}`, { to, node });
    }
  }

  #blame(
    callee: ApiValue | PackageValue,
    call: CallFacts,
    node: t.Node = call.node,
  ): void {
    const culprit = blame(callee, call, node);
    if (culprit !== null) this.culprits.push(culprit);
  }

  #foreignCall(callee: ApiValue | PackageValue, call: CallFacts): void {
    if (this.#evaluator.handsOff(callee)) return this.#handOff(call);
    if (call.method === "bind") return;
    this.#blame(callee, call);
    if (callee.kind === "package" && this.#route(callee, call)) return;
    if (callee.kind === "api" && this.#later(callee, call)) return;
    if (this.#listen(callee.path.split(".").at(-1)!, call)) return;
    if (callee.kind === "package") {
      this.#packageCallbacks(callee, call);
    } else {
      this.#callbacks(call);
    }
  }

  #unknownCall(call: CallFacts): void {
    const { method } = call;
    if (method !== null) {
      if (this.#listen(method, call)) return;
      const [path] = call.args()[0] ?? NONE;
      if (
        path?.kind === "text" && /^[/*]/.test(path.text) &&
        call.receivers.length === 0 && this.#route(null, call)
      ) return;
    }
    if (call.receivers.some(({ kind }) => kind === "collection")) {
      this.#blameCollection(call);
    }
    this.#callbacks(call);
  }

  /** `[...].sort()`: a method of the runtime on a collection of one's own. */
  #blameCollection(call: CallFacts): void {
    if (call.method === null) return;
    const owner = this.#evaluator.store.api("global", "Array.prototype");
    const [callee] = this.#evaluator.property([owner], call.method);
    if (callee?.kind === "api") this.#blame(callee, call);
  }

  /** Handlers of a router, and routers under it. */
  #route(callee: PackageValue | null, call: CallFacts): boolean {
    const evaluator = this.#evaluator;
    const method = callee === null
      ? call.method!
      : callee.path.split(".").at(-1)!;
    if (callee !== null && !isRouterPackage(callee.name)) {
      const [path] = call.args()[0] ?? NONE;
      if (path?.kind !== "text" || !/^[/*]/.test(path.text)) return false;
    }
    if (callee !== null && !callee.path.includes(".")) return false;
    const args = call.args();
    if (callee !== null && (method === "route" || method === "use")) {
      const [path] = args[0] ?? NONE;
      const prefix = path?.kind === "text" ? path.text : "";
      const children = args.slice(method === "route" ? 1 : 0).flat();
      for (const child of children) {
        if (child.kind === "package" && child.made !== "") {
          this.mounts.push({ parent: callee, prefix, child });
        }
      }
      if (method === "route") return true;
    }
    const route = readRouteCall(method, args, evaluator);
    if (route === null) return false;
    const handlers = union(
      ...args.slice(route.handlersFrom).map((values) =>
        this.#functionsIn(values.filter(({ kind }) => kind !== "object"))
      ),
    );
    this.#register(route.kind, `${route.methods[0]} ${route.paths[0] ?? ""}`, {
      to: this.#framesOf(handlers),
      node: call.node,
      route,
      router: callee,
    });
    for (const value of args.flat()) {
      if (value.kind === "api") this.#blame(value, call, call.node);
    }
    return true;
  }

  /** Timers, streams, servers of the runtime. */
  #later(callee: ApiValue, call: CallFacts): boolean {
    const evaluator = this.#evaluator;
    const later = calledLater(callee.module, callee.path);
    if (later === undefined) return false;
    const { node } = call;
    const args = call.args();
    const isRequest = callee.module === "Deno" && callee.path === "serve";
    const given = isRequest
      ? [[evaluator.store.api("global", "Request.prototype")]]
      : callbackArguments(call, evaluator);
    const register = (label: string, values: readonly Value[]) =>
      this.#register(later.kind, label, {
        to: this.#framesOf(values, given),
        node,
      });
    for (const index of later.callbacks) {
      register(callee.path, args[index] ?? NONE);
    }
    for (const name of later.properties ?? []) {
      register(
        later.kind === "stream" ? `${callee.path} ${name}` : callee.path,
        evaluator.property(this.#objectsIn(args), name),
      );
    }
    if (later.kind === "stream") {
      // `start` runs within the constructor.
      const start = evaluator.property(this.#objectsIn(args), "start");
      this.#callAll(start, [], node);
    }
    return true;
  }

  #objectsIn(args: readonly (readonly Value[])[]): readonly Value[] {
    return args.flat().filter(({ kind }) =>
      kind === "object" || kind === "instance"
    );
  }

  /** `addEventListener(name, fn)`, `on(name, fn)`. */
  #listen(method: string, call: CallFacts): boolean {
    if (!LISTENING.has(method) || call.isNew) return false;
    const args = call.args();
    const listeners = union(
      args[1] ?? NONE,
      this.#evaluator.property(
        this.#objectsIn([args[1] ?? NONE]),
        "handleEvent",
      ),
    );
    const to = this.#framesOf(listeners);
    if (to.length === 0) return false;
    const [name] = args[0] ?? NONE;
    const label = name?.kind === "text" ? `${method} "${name.text}"` : method;
    this.#register("event", label, { to, node: call.node });
    return true;
  }

  /** Functions handed to what is not followed: it may call them at once. */
  #callbacks(call: CallFacts, found = this.#functionsGiven(call)): void {
    const isAdding = call.method !== null && ADDING.has(call.method) &&
      call.receivers.some(({ kind }) => kind === "collection");
    if (isAdding) return;
    this.#callAll(found, callbackArguments(call, this.#evaluator), call.node);
    for (const [index, values] of call.args().entries()) {
      for (const value of values) {
        // names.map(readFileSync)
        const node = call.argNodes[index];
        if (value.kind === "api" && node !== undefined && isPlainName(node)) {
          this.#blame(value, call, node);
        }
      }
    }
  }

  /**
   * Functions that a call passes: as they are, or in an object that is written
   * there, `{ onError: () => ... }`. What other objects can do is not assumed
   * to be made use of.
   */
  #functionsGiven(call: CallFacts): readonly Value[] {
    const isObject = call.callees.every(({ kind }) => kind !== "api");
    return union(
      ...call.args().map((values, index) => {
        const functions = values.filter(({ kind }) => kind === "function");
        const node = call.argNodes[index];
        return isObject && node && bare(node).type === "ObjectExpression"
          ? union(functions, this.#functionsIn(values))
          : functions;
      }),
    );
  }

  /**
   * A package may call what it is given at once or at any later time: both are
   * assumed. What it is given while the program starts is thus an entry.
   */
  #packageCallbacks(callee: PackageValue, call: CallFacts): void {
    const found = this.#functionsGiven(call);
    this.#callbacks(call, found);
    if (call.method !== null && CALLING_BACK.has(call.method)) return;
    const path = callee.path === "*" ? call.method ?? "" : callee.path;
    this.#register("callback", `${callee.name} ${path}`.trim(), {
      to: this.#framesOf(found),
      node: call.node,
    });
  }
}

function isPlainName(node: t.Node): boolean {
  const { type } = bare(node);
  return type === "Identifier" || type === "MemberExpression";
}
