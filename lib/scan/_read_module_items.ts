import type * as t from "@babel/types";
import type { Binding, Export, Scope } from "./_facts.ts";
import { newScope, type Reader } from "./_reader.ts";

/** What a TypeScript `namespace` declares. */
export const namespaceScopes: WeakMap<Binding, Scope> = new WeakMap();

export function visitNamespace(
  reader: Reader,
  node: t.TSModuleDeclaration,
  scope: Scope,
): void {
  if (
    node.declare === true || node.id.type !== "Identifier" ||
    node.body.type !== "TSModuleBlock"
  ) return;
  const inner = newScope(scope, scope.fn);
  const binding = reader.declare(scope, node.id.name, "namespace", node);
  namespaceScopes.set(binding, inner);
  for (const statement of node.body.body) {
    reader.visit(
      statement.type === "ExportNamedDeclaration" && statement.declaration
        ? statement.declaration
        : statement,
      inner,
    );
  }
}

export function visitModuleItem(
  reader: Reader,
  node:
    | t.ImportDeclaration
    | t.ExportAllDeclaration
    | t.ExportNamedDeclaration
    | t.ExportDefaultDeclaration
    | t.TSExportAssignment,
  scope: Scope,
): void {
  const { imports, exports, stars } = reader.module;
  switch (node.type) {
    case "ImportDeclaration": {
      const specifier = node.source.value;
      const typeOnly = node.importKind === "type" ||
        node.specifiers.length > 0 &&
          node.specifiers.every((one) =>
            one.type === "ImportSpecifier" && one.importKind === "type"
          );
      imports.push({ specifier, typeOnly, node });
      for (const one of node.specifiers) {
        const name = one.type === "ImportDefaultSpecifier"
          ? "default"
          : one.type === "ImportNamespaceSpecifier"
          ? "*"
          : nameOf(one.imported);
        reader.declare(scope, one.local.name, "import", one, {
          imported: { specifier, name },
        });
      }
      return;
    }
    case "ExportAllDeclaration":
      imports.push({
        specifier: node.source.value,
        typeOnly: node.exportKind === "type",
        node,
      });
      stars.push(node.source.value);
      return;
    case "ExportNamedDeclaration": {
      if (node.declaration) {
        reader.visit(node.declaration, scope);
        for (const name of declaredNames(node.declaration)) {
          exports.set(name, { kind: "name", name });
        }
      }
      if (node.source) {
        imports.push({
          specifier: node.source.value,
          typeOnly: node.exportKind === "type",
          node,
        });
      }
      for (const one of node.specifiers) {
        addExport(reader, one, node.source?.value, scope);
      }
      return;
    }
    case "ExportDefaultDeclaration": {
      const { declaration } = node;
      reader.visit(declaration, scope, "default");
      const isNamed = (declaration.type === "FunctionDeclaration" ||
        declaration.type === "ClassDeclaration") && declaration.id;
      exports.set(
        "default",
        isNamed
          ? { kind: "name", name: isNamed.name }
          : { kind: "expression", node: declaration },
      );
      return;
    }
    case "TSExportAssignment":
      reader.visit(node.expression, scope);
      exports.set("default", { kind: "expression", node: node.expression });
      return;
  }
}

function addExport(
  reader: Reader,
  one: t.ExportNamedDeclaration["specifiers"][number],
  specifier: string | undefined,
  scope: Scope,
): void {
  const { exports } = reader.module;
  if (one.type === "ExportNamespaceSpecifier") {
    if (specifier === undefined) return;
    const made: Export = { kind: "from", specifier, name: "*" };
    exports.set(nameOf(one.exported), made);
    return;
  }
  if (one.type !== "ExportSpecifier") return;
  const local = nameOf(one.local);
  exports.set(
    nameOf(one.exported),
    specifier === undefined
      ? { kind: "name", name: local }
      : { kind: "from", specifier, name: local },
  );
  if (specifier === undefined && one.local.type === "Identifier") {
    reader.references.push({ node: one.local, name: local, scope });
  }
}

function nameOf(node: t.Identifier | t.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

function declaredNames(node: t.Declaration): string[] {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.flatMap(({ id }) => patternNames(id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSDeclareFunction":
      return node.id ? [node.id.name] : [];
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSEnumDeclaration":
      return [node.id.name];
    case "TSModuleDeclaration":
      return node.id.type === "Identifier" ? [node.id.name] : [];
    default:
      return [];
  }
}

function patternNames(pattern: t.Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "RestElement":
      return patternNames(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap((one) => one ? patternNames(one) : []);
    case "ObjectPattern":
      return pattern.properties.flatMap((one) =>
        patternNames(one.type === "RestElement" ? one : one.value as t.Node)
      );
    default:
      return [];
  }
}
