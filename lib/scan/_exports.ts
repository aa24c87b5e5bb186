import { type Binding, lookUpType, type ModuleInfo } from "./_facts.ts";
import type { Evaluator } from "./_evaluator.ts";
import type { Program } from "./_program.ts";
import { NONE, type Value } from "./_values.ts";

/** What modules export, and what imports thus stand for. */
export class Exports {
  readonly #program: Program;
  readonly #evaluator: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.#program = program;
    this.#evaluator = evaluator;
  }

  imported(
    specifier: string,
    name: string,
    from: ModuleInfo,
  ): readonly Value[] {
    const linked = this.#program.link(specifier, from);
    switch (linked.kind) {
      case "module":
        return name === "*"
          ? [this.#evaluator.store.module(linked.module)]
          : this.exported(linked.module, name);
      case "builtin":
        return [
          this.#evaluator.api(
            linked.module,
            name === "*" || name === "default" ? "" : name,
          ),
        ];
      case "package":
        return [
          this.#evaluator.store.pkg(
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
    const frame = this.#evaluator.top(module);
    if (found?.kind === "name") {
      const binding = module.scope.values.get(found.name);
      return binding === undefined
        ? NONE
        : this.#evaluator.evaluateBinding(binding, frame);
    }
    if (found?.kind === "expression") {
      return this.#evaluator.evaluate(found.node, frame);
    }
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
}
