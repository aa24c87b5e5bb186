import assert from "node:assert/strict";
import { Session } from "node:inspector/promises";
import { area, Box } from "./_test_sources.ts";
import { createSourceMapper, parseStack } from "./mod.ts";

const sources = new URL("./_test_sources.ts", import.meta.url);

/** Where functions begin in the emitted JavaScript, as the inspector tells it. */
async function emittedPositions(functions: Record<string, unknown>) {
  const session = new Session();
  session.connect();
  const holder = globalThis as { mapped?: unknown };
  holder.mapped = functions;
  try {
    const positions: Record<string, [line: number, column: number]> = {};
    for (const name of Object.keys(functions)) {
      const { result } = await session.post("Runtime.evaluate", {
        expression: `globalThis.mapped.${name}`,
      });
      const { internalProperties } = await session.post(
        "Runtime.getProperties",
        { objectId: result.objectId! },
      );
      const place = internalProperties?.find(({ name }) =>
        name === "[[FunctionLocation]]"
      )?.value?.value as { lineNumber: number; columnNumber: number };
      positions[name] = [place.lineNumber + 1, place.columnNumber + 1];
    }
    return positions;
  } finally {
    delete holder.mapped;
    session.disconnect();
  }
}

Deno.test("createSourceMapper() finds lines of the TypeScript source", async () => {
  const lines = (await Deno.readTextFile(sources)).split("\n");
  const measure = new Box({ width: 1, height: 1 }).measure;
  const positions = await emittedPositions({ area, measure });
  const map = createSourceMapper();
  for (const [name, [line, column]] of Object.entries(positions)) {
    const found = map({ function: name, file: sources.href, line, column });
    assert.equal(found.mapped, true);
    assert.equal(found.function, name);
    assert.equal(found.file, sources.href);
    assert.notEqual(found.line, line, "the test is about a line that moves");
    const text = lines[found.line - 1] ?? "";
    assert.match(text, new RegExp(`\\b${name}\\(`));
    assert.deepEqual(map({ file: sources.href, line, column }), {
      file: sources.href,
      line: found.line,
      column: found.column,
      mapped: true,
    });
  }
});

Deno.test("createSourceMapper() tells a position that did not move from one without a map", () => {
  const map = createSourceMapper();
  // Nothing but comments stands in front of it.
  const first = map({ file: sources.href, line: 1, column: 1 });
  assert.equal(first.mapped, true);
  const unknown = { file: "file:///nowhere/app.ts", line: 7, column: 3 };
  assert.deepEqual(map(unknown), { ...unknown, mapped: false });
  const module = { file: "file:///nowhere/app.mjs", line: 7, column: 3 };
  assert.deepEqual(map(module), { ...module, mapped: true });
  for (const bad of [{ line: 0, column: 1 }, { line: 1, column: 0 }]) {
    const given = { file: sources.href, ...bad };
    assert.deepEqual(map(given), { ...given, mapped: false });
  }
  assert.equal(map({ file: "", line: 1, column: 1 }).mapped, false);
});

Deno.test("createSourceMapper() does not mind what others did to Error, and leaves it so", () => {
  const map = createSourceMapper();
  const { stackTraceLimit } = Error;
  const given = { file: sources.href, line: 1_000_000, column: 1 };
  try {
    Error.stackTraceLimit = 0;
    Error.prepareStackTrace = () => "nothing";
    assert.ok(map(given).line < 100);
    assert.equal(Error.stackTraceLimit, 0);
    assert.equal(new Error().stack, "nothing");
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.deleteProperty(Error, "prepareStackTrace");
  }
  assert.ok(createSourceMapper()(given).line < 100);
  assert.equal(Object.hasOwn(Error, "prepareStackTrace"), false);
  assert.match(
    parseStack(new Error().stack ?? "")[0]?.file ?? "",
    /_test\.ts$/,
  );
});

Deno.test("createSourceMapper() remembers so many positions and no more", () => {
  const map = createSourceMapper({ cacheSize: 2 });
  const at = (line: number) => map({ file: sources.href, line, column: 1 });
  const before = [1, 2, 3, 4].map(at);
  assert.deepEqual([4, 3, 2, 1].map(at), before.toReversed());
});
