/**
 * Finds in the running Deno what an entry of the list names.
 *
 * @module
 */

/** Whether an object has it. `lchmodSync` is there and empty on Linux. */
export function hasPath(root: object, path: string): boolean {
  let at: unknown = root;
  for (const name of path.split(".")) {
    const inner = Object(at);
    if (at === undefined || at === null || !(name in inner)) return false;
    try {
      at = inner[name];
    } catch {
      // A getter of a prototype: it is there, and refuses to be read.
      return true;
    }
  }
  return true;
}

/** True where the module has the name. */
export async function resolvesApi(
  module: string,
  name: string,
): Promise<boolean> {
  if (module === "Deno") return hasPath(Deno, name);
  if (module === "global") return hasPath(globalThis, name);
  const specifier = module.replace(/^npm:/, "");
  let namespace: object;
  try {
    namespace = await import(specifier);
  } catch {
    return false;
  }
  return hasPath(namespace, name);
}
