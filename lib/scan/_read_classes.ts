import type * as t from "@babel/types";
import {
  type ClassInfo,
  type FnInfo,
  keyName,
  type Member,
  type Scope,
} from "./_facts.ts";
import {
  declareTypeParameters,
  newScope,
  type Reader,
  typeRef,
} from "./_reader.ts";
import { visitFunction } from "./_read_functions.ts";

export function visitClass(
  reader: Reader,
  node: t.Class,
  outer: Scope,
  hint: string,
): void {
  const name = node.id?.name ?? (hint === "<anonymous>" ? "default" : hint);
  if (node.type === "ClassDeclaration" && node.id) {
    reader.declare(outer, name, "class", node);
  }
  reader.visitAll(node.decorators ?? [], outer);
  const scope = newScope(outer, outer.fn);
  if (node.id) reader.declare(scope, name, "class", node);
  declareTypeParameters(node, (name, parameter) => {
    reader.declare(scope, name, "type_parameter", parameter);
  });
  if (node.superClass) reader.visit(node.superClass, outer);
  const cls: ClassInfo = {
    id: reader.counter.next++,
    module: reader.module,
    node,
    name,
    fn: outer.fn,
    superClass: node.superClass ?? null,
    supertypes: (node.implements ?? []).map((one) => ({ node: one, scope })),
    members: new Map(),
    statics: new Map(),
    ctor: null,
    init: undefined as unknown as FnInfo,
    decorators: node.decorators ?? [],
  };
  cls.init = reader.newFunction(node, scope, {
    name: `new ${name}`,
    owner: cls,
  });
  reader.module.classes.push(cls);
  reader.module.classOf.set(node, cls);
  const initScope = newScope(scope, cls.init, true);
  for (const item of node.body.body) {
    visitMember(reader, item, cls, scope, initScope);
  }
}

function visitMember(
  reader: Reader,
  item: t.ClassBody["body"][number],
  cls: ClassInfo,
  scope: Scope,
  initScope: Scope,
): void {
  switch (item.type) {
    case "StaticBlock":
      reader.visit(item, scope);
      return;
    case "ClassMethod":
    case "ClassPrivateMethod": {
      const isComputed = "computed" in item && item.computed === true;
      const key = keyName(item.key, isComputed);
      if (isComputed) reader.visit(item.key, scope);
      reader.visitAll(item.decorators ?? [], scope);
      const isStatic = item.static === true;
      const isConstructor = item.kind === "constructor";
      const prefix = item.kind === "get" || item.kind === "set"
        ? `${item.kind} `
        : "";
      const fn = visitFunction(reader, item, scope, {
        name: isConstructor
          ? `new ${cls.name}`
          : `${prefix}${cls.name}.${key ?? "<computed>"}`,
        owner: cls,
        isStatic,
      });
      if (isConstructor) {
        cls.ctor = fn;
      } else if (key !== null) {
        addMember(isStatic ? cls.statics : cls.members, key, {
          kind: item.kind as Member["kind"],
          fn,
          decorators: item.decorators ?? [],
        });
      }
      return;
    }
    case "ClassProperty":
    case "ClassPrivateProperty":
    case "ClassAccessorProperty": {
      const key = keyName(
        item.key,
        "computed" in item && item.computed === true,
      );
      reader.visitAll(item.decorators ?? [], scope);
      const isStatic = item.static === true;
      const where = isStatic ? scope : initScope;
      const type = typeRef(item.typeAnnotation, scope);
      if (item.value) {
        reader.visit(item.value, where, `${cls.name}.${key ?? "<computed>"}`);
        reader.noteTyped(type, item.value, where.fn);
      }
      if (key !== null) {
        addMember(isStatic ? cls.statics : cls.members, key, {
          kind: "field",
          value: item.value ?? null,
          type,
          decorators: item.decorators ?? [],
        });
      }
      return;
    }
  }
}

function addMember(
  members: Map<string, Member[]>,
  name: string,
  member: Member,
): void {
  const known = members.get(name);
  if (known === undefined) members.set(name, [member]);
  else known.push(member);
}
