/** An error as it crosses between threads: plain data. */
export interface WireError {
  name: string;
  message: string;
  stack?: string;
  /** The cause without its own cause. */
  cause?: WireError;
  /** Own enumerable properties that are plain data. */
  properties?: Record<string, unknown>;
  /** What was thrown, when it was no error. */
  thrown?: { value: unknown };
}

const builtIn: Record<string, ErrorConstructor> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function isPlain(value: unknown, depth: number): boolean {
  if (value === null) return true;
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return true;
    case "object":
      break;
    default:
      return false;
  }
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    return value.length <= 1000 &&
      value.every((item) => isPlain(item, depth - 1));
  }
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) &&
    Object.values(value).every((item) => isPlain(item, depth - 1));
}

function messageOf(error: Error): string {
  // A refused connection is an AggregateError with an empty message.
  if (error.message === "" && error instanceof AggregateError) {
    return error.errors.map((inner) =>
      inner instanceof Error ? inner.message : String(inner)
    ).join("; ");
  }
  return error.message;
}

function encode(error: unknown, withCause: boolean): WireError {
  if (!(error instanceof Error)) {
    return isPlain(error, 3)
      ? { name: "Error", message: String(error), thrown: { value: error } }
      : { name: "Error", message: "A value that is no error was thrown" };
  }
  const wire: WireError = {
    name: String(error.name),
    message: messageOf(error),
  };
  if (typeof error.stack === "string") wire.stack = error.stack;
  if (withCause && error.cause !== undefined) {
    wire.cause = encode(error.cause, false);
  }
  const properties: Record<string, unknown> = {};
  let some = false;
  for (const [key, value] of Object.entries(error)) {
    if (key === "name" || key === "message" || key === "stack") continue;
    if (key === "cause" || !isPlain(value, 3)) continue;
    properties[key] = value;
    some = true;
  }
  if (some) wire.properties = properties;
  return wire;
}

/**
 * Turns whatever was thrown into plain data. Never throws: a getter that
 * throws must not hide the error it belongs to.
 */
export function toWireError(error: unknown): WireError {
  try {
    return encode(error, true);
  } catch {
    return { name: "Error", message: "An error that cannot be read" };
  }
}

/** Makes an error of what {@linkcode toWireError} gave. */
export function fromWireError(wire: WireError): Error {
  const make = builtIn[wire.name] ?? Error;
  const error = new make(
    wire.message,
    wire.cause === undefined
      ? undefined
      : { cause: fromWireReason(wire.cause) },
  );
  for (const [key, value] of Object.entries(wire.properties ?? {})) {
    Object.defineProperty(error, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  const hidden = { configurable: true, writable: true, enumerable: false };
  if (error.name !== wire.name) {
    Object.defineProperty(error, "name", { ...hidden, value: wire.name });
  }
  if (wire.stack !== undefined) {
    Object.defineProperty(error, "stack", { ...hidden, value: wire.stack });
  }
  return error;
}

/** Like {@linkcode fromWireError}, but a thrown plain value stays itself. */
export function fromWireReason(wire: WireError): unknown {
  return wire.thrown === undefined ? fromWireError(wire) : wire.thrown.value;
}
