/** Longest string kept of a message or a property, characters. */
export const maxStringLength = 16 * 1024;
const maxDepth = 4;
const maxItems = 50;
/** Values looked at in one record, so that a huge object costs no time. */
const maxNodes = 500;
/** Characters kept in one record. */
const maxCharacters = 32 * 1024;

/** Cuts what is too long and says how much is missing. */
export function truncate(text: string, limit = maxStringLength): string {
  return text.length <= limit
    ? text
    : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}

/** What one record may still take up. */
interface Budget {
  nodes: number;
  characters: number;
  /** The objects around the value, to find circles. */
  path: object[];
}

/** A fresh allowance: one for all values of a record. */
export function createBudget(): Budget {
  return { nodes: maxNodes, characters: maxCharacters, path: [] };
}

/**
 * Turns any value into what `JSON.stringify` takes, in bounded time and size:
 * circles, getters that throw and megabytes of text included.
 */
export function toPlain(value: unknown, budget: Budget): unknown {
  if (budget.nodes-- <= 0) return "[…]";
  switch (typeof value) {
    case "string":
      return takeString(value, budget);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return takeString(String(value), budget);
    case "symbol":
      return takeString(value.toString(), budget);
    case "function":
    case "object":
      break;
  }
  if (value === null) return null;
  if (budget.path.includes(value)) return "[circular]";
  if (budget.path.length >= maxDepth) return "[deeper]";
  budget.path.push(value);
  try {
    return objectToPlain(value, budget);
  } catch {
    return "[unreadable]";
  } finally {
    budget.path.pop();
  }
}

function takeString(text: string, budget: Budget): string {
  const taken = truncate(
    text,
    Math.min(maxStringLength, Math.max(0, budget.characters)),
  );
  budget.characters -= taken.length;
  return taken;
}

function objectToPlain(value: object, budget: Budget): unknown {
  // Here and not above, because anything may be behind a `name`.
  if (typeof value === "function") {
    return `[function ${takeString(String(value.name), budget)}]`;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  }
  if (value instanceof URL) return takeString(value.href, budget);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (value instanceof Error) return errorToPlain(value, budget);
  if (Array.isArray(value)) return listToPlain(value, value.length, budget);
  if (value instanceof Set) return listToPlain(value, value.size, budget);
  const entries = value instanceof Map ? value : ownEntries(value);
  return addEntries({}, entries, budget);
}

/** Keeps what `plain` has already, and adds at most as much as a record may hold. */
function addEntries(
  plain: Record<string, unknown>,
  entries: Iterable<[unknown, unknown]>,
  budget: Budget,
): Record<string, unknown> {
  let taken = 0;
  for (const [key, item] of entries) {
    if (taken++ === maxItems || budget.nodes <= 0) {
      plain["…"] = "more";
      break;
    }
    const name = takeString(String(key), budget);
    if (Object.hasOwn(plain, name)) continue;
    // A key such as "__proto__" must become a property like any other.
    Object.defineProperty(plain, name, {
      value: toPlain(item, budget),
      enumerable: true,
      configurable: true,
    });
  }
  return plain;
}

function* ownEntries(value: object): Generator<[string, unknown]> {
  // Not Object.entries(): it would read a million properties to keep fifty.
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    let item: unknown;
    try {
      item = Reflect.get(value, key);
    } catch {
      item = "[unreadable]";
    }
    yield [key, item];
  }
}

function listToPlain(
  list: Iterable<unknown>,
  length: number,
  budget: Budget,
): unknown[] {
  const plain: unknown[] = [];
  for (const item of list) {
    if (plain.length === maxItems || budget.nodes <= 0) {
      plain.push(`[${length - plain.length} more]`);
      break;
    }
    plain.push(toPlain(item, budget));
  }
  return plain;
}

function errorToPlain(error: Error, budget: Budget): Record<string, unknown> {
  const plain: Record<string, unknown> = {
    name: takeString(String(error.name), budget),
    message: takeString(String(error.message), budget),
  };
  if (typeof error.stack === "string") {
    plain.stack = takeString(error.stack, budget);
  }
  if (error.cause !== undefined) plain.cause = toPlain(error.cause, budget);
  return addEntries(plain, ownEntries(error), budget);
}
