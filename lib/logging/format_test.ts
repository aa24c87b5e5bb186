import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import fc from "fast-check";
import { formatJson, formatPretty } from "./mod.ts";

function record(
  message: unknown[],
  properties: Record<string, unknown> = {},
): LogRecord {
  return {
    category: ["app", "http"],
    level: "warning",
    message,
    rawMessage: "",
    timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    properties,
  };
}

Deno.test("formatJson() writes the four fields, then the properties", () => {
  const line = formatJson(
    record(["Loaded ", 3, " rows of ", "gtex", ""], {
      rows: 3,
      message: "mine",
      url: new URL("http://localhost/a"),
      when: new Date(0),
      bytes: new Uint8Array(5),
      big: 10n,
      none: null,
    }),
  );
  assert.equal(line.at(-1), "\n");
  assert.equal(line.trim().includes("\n"), false);
  assert.deepEqual(Object.entries(JSON.parse(line)), [
    ["time", "2026-01-02T03:04:05.006Z"],
    ["level", "warning"],
    ["logger", "app.http"],
    ["message", "Loaded 3 rows of gtex"],
    ["rows", 3],
    ["message_", "mine"],
    ["url", "http://localhost/a"],
    ["when", "1970-01-01T00:00:00.000Z"],
    ["bytes", "[5 bytes]"],
    ["big", "10"],
    ["none", null],
  ]);
});

Deno.test("formatJson() keeps errors with stack, cause and own fields", () => {
  const error = Object.assign(
    new TypeError("outer", { cause: new Error("inner") }),
    { line: 7 },
  );
  const { error: written } = JSON.parse(formatJson(record(["x"], { error })));
  assert.equal(written.name, "TypeError");
  assert.equal(written.message, "outer");
  assert.match(written.stack, /format_test\.ts/);
  assert.equal(written.cause.message, "inner");
  assert.equal(written.line, 7);
});

Deno.test("formatJson() cuts what is too long, deep or wide", () => {
  const long = formatJson(record(["y".repeat(100_000)], {
    text: "z".repeat(1_000_000),
    list: new Array(1_000_000).fill(1),
    wide: Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`key${i}`, "v".repeat(1000)]),
    ),
  }));
  assert.ok(long.length < 70_000, `${long.length} characters`);
  assert.equal(
    JSON.parse(long).message,
    `${"y".repeat(16_384)}… (83616 more characters)`,
  );
  const circle: Record<string, unknown> = { a: { b: { c: { d: { e: 1 } } } } };
  circle.self = circle;
  const wide = Object.assign(
    new Error("wide"),
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  );
  const { wide: widest } = JSON.parse(formatJson(record([""], { wide })));
  assert.equal(widest.message, "wide");
  assert.ok(Object.keys(widest).length < 60);
  const { circle: written } = JSON.parse(formatJson(record([""], { circle })));
  assert.equal(written.self, "[circular]");
  assert.deepEqual(written.a, { b: { c: "[deeper]" } });
});

Deno.test("formatJson() and formatPretty() never throw", () => {
  const hostile = {
    get trap() {
      throw new Error("no");
    },
    toJSON() {
      throw new Error("no");
    },
  };
  assert.equal(
    JSON.parse(formatJson(record([""], { hostile }))).hostile.trap,
    "[unreadable]",
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assert.equal(
    JSON.parse(formatJson(record([""], { gone: revoked.proxy }))).gone,
    "[unreadable]",
  );
  class Nameless {
    static get name(): string {
      throw new Error("no");
    }
  }
  const values = [
    hostile,
    revoked.proxy,
    { toString: undefined },
    { stack: "s", name: { toString: undefined }, message: Symbol("m") },
    Object.assign(new Error("no"), { name: Symbol("n") }),
    Nameless,
  ];
  for (const value of values) {
    for (const message of [[value], ["", value, ""]]) {
      JSON.parse(formatJson(record(message, { value })));
      assert.equal(formatPretty(record(message, { value })).at(-1), "\n");
    }
  }
  fc.assert(
    fc.property(
      fc.array(fc.anything({ withBigInt: true, withMap: true })),
      fc.dictionary(
        fc.string(),
        fc.anything({ withBigInt: true, withMap: true }),
      ),
      (message, properties) => {
        JSON.parse(formatJson(record(message, properties)));
        assert.equal(formatPretty(record(message, properties)).at(-1), "\n");
      },
    ),
  );
});

Deno.test("formatPretty() is short, and no text in it steers the terminal", () => {
  const line = formatPretty(
    record(["Loaded \x1b[2J", "a\r\nb", ""], {
      rows: 3,
      name: "two words",
      ok: true,
      list: [1, 2],
    }),
  );
  assert.match(
    line,
    /^\d\d:\d\d:05\.006 WRN app\.http Loaded \\u001b\[2Ja\n {4}b rows=3 name="two words" ok=true list=\[1,2\]\n$/,
  );
  const shown = formatPretty({
    ...record(["Loaded ", 3, " rows"], { rows: 3, source: "gtex" }),
    rawMessage: "Loaded {rows} rows",
  });
  assert.match(shown, /Loaded 3 rows source=gtex\n$/);
  const failed = formatPretty(record(["Failed"], { error: new Error("why") }));
  assert.match(failed, /Failed error="Error: why"\n {4}Error: why\n/);
  const coloured = formatPretty(record(["x"]), { colors: true });
  assert.ok(coloured.includes("\x1b[33mWRN\x1b[0m"));
});
