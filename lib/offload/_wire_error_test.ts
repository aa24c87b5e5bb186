import assert from "node:assert/strict";
import { fromWireError, fromWireReason, toWireError } from "./_wire_error.ts";

const cross = (error: unknown) =>
  fromWireReason(structuredClone(toWireError(error)));

Deno.test("toWireError() keeps built-in classes, cause and plain properties", () => {
  const error = Object.assign(new RangeError("bad", { cause: "why" }), {
    line: 3,
    errors: [{ field: "a" }],
    callback: () => {},
  });
  const crossed = cross(error);
  assert.ok(crossed instanceof RangeError);
  assert.equal(crossed.cause, "why");
  assert.equal(crossed.stack, error.stack);
  assert.deepEqual({ ...crossed }, { line: 3, errors: [{ field: "a" }] });
});

Deno.test("toWireError() reads the message of an aggregate without one", () => {
  const crossed = cross(
    new AggregateError([new Error("refused ::1"), new Error("refused 127")]),
  );
  assert.ok(crossed instanceof Error);
  assert.equal(crossed.message, "refused ::1; refused 127");
});

Deno.test("toWireError() keeps the name of a DOMException", () => {
  const crossed = cross(AbortSignal.abort().reason);
  assert.equal((crossed as Error).name, "AbortError");
});

Deno.test("toWireError() takes what is no error, and what cannot be read", () => {
  assert.equal(cross("text"), "text");
  assert.deepEqual(cross({ code: 1 }), { code: 1 });
  assert.match((cross(() => {}) as Error).message, /no error/);
  const hostile = new Error("x");
  Object.defineProperty(hostile, "trap", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });
  assert.match((cross(hostile) as Error).message, /cannot be read/);
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  assert.deepEqual({
    ...cross(Object.assign(new Error("x"), { cyclic })) as Error,
  }, {});
  assert.equal(fromWireError({ name: "Odd", message: "m" }).name, "Odd");
});
