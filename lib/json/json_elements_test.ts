import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "@loophound/toolkit/csv";
import { jsonElements, type JsonElementsOptions } from "./json_elements.ts";

async function* chunked(
  content: string | Uint8Array,
  sizes: readonly number[],
): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    await Promise.resolve();
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function read(
  content: string | Uint8Array,
  options: JsonElementsOptions = {},
  sizes: readonly number[] = [Infinity],
) {
  const elements = jsonElements(chunked(content, sizes), options);
  const values: unknown[] = [];
  const places: string[] = [];
  try {
    for await (const batch of elements) {
      for (const { line, column, value } of batch) {
        values.push(value);
        places.push(`${line}:${column}`);
      }
    }
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    return { values, places, fault: error.message };
  }
  return { values, places, rest: elements.rest, omitted: elements.omitted };
}

Deno.test("jsonElements() gives the elements, their places and the rest", async () => {
  const text = `{
  "provider": "Ce\\u0047aT",
  "meta": {"genes": [1], "n": null},
  "genes": [
    {"symbol": "PKD1", "é": "]}"},  "x",
    [1, [2]], -1.5e3
  , true],
  "__proto__": 1
}
`;
  for (const sizes of [[Infinity], [1], [5, 2]]) {
    assert.deepEqual(
      await read(text, { path: ["genes"], gatherBytes: 1 }, sizes),
      {
        values: [{ symbol: "PKD1", "é": "]}" }, "x", [1, [2]], -1500, true],
        places: ["5:5", "5:38", "6:5", "6:15", "7:5"],
        rest: JSON.parse(
          '{"provider":"CeGaT","meta":{"genes":[1],"n":null},"__proto__":1}',
        ),
        omitted: [],
      },
    );
  }
});

Deno.test("jsonElements() knows the rest as far as it has been read", async () => {
  const text = '{"a":1,"list":[1],"b":2}';
  const elements = jsonElements(chunked(text, [1]), {
    path: ["list"],
    gatherBytes: 1,
  });
  for await (const _ of elements) assert.deepEqual(elements.rest, { a: 1 });
  assert.deepEqual(elements.rest, { a: 1, b: 2 });
});

Deno.test("jsonElements() reads a document that is an array, and empty ones", async () => {
  assert.deepEqual((await read(" [1,\n2 ] ")).values, [1, 2]);
  assert.deepEqual((await read("[]")).values, []);
  const nested = await read('{"a":{"b":{"c":[]}},"d":[]}', {
    path: ["a", "b", "c"],
  });
  assert.deepEqual(nested.values, []);
  assert.deepEqual(nested.rest, { a: { b: {} }, d: [] });
});

Deno.test("jsonElements() leaves out of the rest what is too large", async () => {
  const big = JSON.stringify([{ x: "y".repeat(100) }, [[]], "z"]);
  const text = `{"s":"t","big":${big},"a":{"big":${big},"list":[7]},"u":1}`;
  for (const sizes of [[Infinity], [1], [30]]) {
    assert.deepEqual(
      await read(text, {
        path: ["a", "list"],
        maxRestBytes: 50,
        gatherBytes: 1,
      }, sizes),
      {
        values: [7],
        places: [`1:${text.indexOf("7]") + 1}`],
        rest: { s: "t", a: {}, u: 1 },
        omitted: ["big", "a.big"],
      },
    );
  }
});

for (
  const [text, message, path = []] of [
    ["", "line 1, column 1: the file ends where value belongs"],
    ["[1,2", "line 1, column 5: the file ends where , or ] belongs"],
    [
      '[1,\n{"a":[1}]',
      'line 2, column 8: "}" where , or ] belongs',
    ],
    [
      '[1,\n{"a":[1',
      "line 2, column 8: the file ends inside the value that starts at line 2, column 1",
    ],
    ["[1,2,]", 'line 1, column 6: "]" where a value belongs'],
    ["[,1]", 'line 1, column 2: "," where value or ] belongs'],
    ["[1]\n x", 'line 2, column 2: "x" after the end of the JSON'],
    ["[1,\n2 3]", 'line 2, column 3: "3" where , or ] belongs'],
    ["[01]", 'line 1, column 2: "01" is no JSON value'],
    ["[1.]", 'line 1, column 2: "1." is no JSON value'],
    ["[nul]", 'line 1, column 2: "nul" is no JSON value'],
    ["[1#]", 'line 1, column 3: unexpected "#" in a value'],
    [
      '[{"a":"b\nc"}]',
      "line 1, column 9: control character 0x0a in a string (is its closing quote missing?)",
    ],
    ['["\\x"]', "line 1, column 3: unknown escape in a string"],
    ['["\\u12g4"]', "line 1, column 7: broken \\u escape in a string"],
    ['[{"a":1,}]', 'line 1, column 9: "}" where a key belongs'],
    ['[{"a" 1}]', 'line 1, column 7: "1" where : belongs'],
    ['{"a":1}', "line 1, column 1: the document is no array"],
    ['{"a":{"b":{}}}', 'line 1, column 11: "a.b" is no array', ["a", "b"]],
    ['{"a":[]}', 'line 1, column 6: "a" is no object', ["a", "b"]],
    ['{"c":[1]}\n', 'line 2, column 1: "a" is not there', ["a"]],
    ['{"a":{}}', 'line 1, column 9: "a.b" is not there', ["a", "b"]],
    ['{"a":[],\n"a":[]}', 'line 2, column 1: "a" is there twice', ["a"]],
    [
      '{"a":{"b":[]},\n"a":{"b":[]}}',
      'line 2, column 1: "a" is there twice',
      ["a", "b"],
    ],
    ['{"a":[1],}', 'line 1, column 10: "}" where a key belongs', ["a"]],
    ['{"a":[1],"b', "line 1, column 12: the file ends inside a string", ["a"]],
    [
      "[\ufeff1]",
      "line 1, column 2: unexpected byte 0xef",
    ],
  ] as [string, string, string[]?][]
) {
  Deno.test(`jsonElements() refuses ${JSON.stringify(text)}`, async () => {
    for (const sizes of [[Infinity], [1], [3, 2]]) {
      const { fault } = await read(text, { path, gatherBytes: 1 }, sizes);
      assert.equal(fault, message);
    }
  });
}

Deno.test("jsonElements() refuses invalid UTF-8 in elements, keys and what is left out", async () => {
  for (
    const text of ['{"a":["x","?"]}', '{"a":[],"?":1}', '{"b":["?"],"a":[]}']
  ) {
    const bytes = new TextEncoder().encode(text);
    bytes[text.indexOf("?")] = 0xff;
    for (const maxRestBytes of [0, 1000]) {
      const { fault } = await read(bytes, { path: ["a"], maxRestBytes });
      assert.equal(
        fault,
        `line 1, column ${text.indexOf("?") + 1}: byte 0xff is not UTF-8`,
      );
    }
  }
});

Deno.test("jsonElements() refuses elements that are too long", async () => {
  const options = { maxElementBytes: 20, gatherBytes: 1 };
  for (const sizes of [[Infinity], [1]]) {
    const long = await read(`[1,\n"${"x".repeat(19)}"]`, options, sizes);
    assert.equal(
      long.fault,
      "line 2, column 1: the element is longer than 20 bytes",
    );
    const open = await read(`[1,\n"x\n${"y".repeat(90)}`, options, sizes);
    assert.match(open.fault!, /line 2, column 3: control character/);
    const fits = await read(`["${"x".repeat(18)}"]`, options, sizes);
    assert.equal(fits.values.length, 1);
  }
});

Deno.test("jsonElements() agrees with JSON.parse however the input is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      fc.constantFrom(0, 1, "\t"),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      async (list, around, space, sizes) => {
        const { list: _, ...beside } = around;
        const text = JSON.stringify(
          { x: { list, ...beside }, ...beside },
          null,
          space,
        );
        const expected = JSON.parse(text);
        const path = ["x", "list"];
        if (!("x" in beside)) {
          const found = await read(text, { path, gatherBytes: 1 }, sizes);
          assert.deepEqual(found.values, expected.x.list);
          delete expected.x.list;
          assert.deepEqual(found.rest, expected);
          const lines = text.split("\n");
          for (const [index, place] of found.places.entries()) {
            const [line, column] = place.split(":").map(Number);
            const start = JSON.stringify(list[index])[0]!;
            const bytes = new TextEncoder().encode(lines[line! - 1]);
            const end = new TextDecoder().decode(bytes.subarray(column! - 1));
            assert.ok(end.startsWith(start), `${place} ${start}`);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("jsonElements() refuses exactly what JSON.parse refuses", async () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const soup = fc.array(
    fc.constantFrom(
      ...'[]{}",:\\ \n01-.eé'.match(/./gsu)!,
      ...['"a"', '"a":', "true", "null", "[1]", '{"b":2}', ",2"],
    ),
    { maxLength: 14 },
  ).map((parts) => parts.join(""));
  const broken = fc.tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom("", ...']},:"0 '),
  ).map(
    ([text, at, insert]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + insert + text.slice(place + 1);
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(soup.map((text) => `[${text}]`), soup, broken),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 8, 1000),
      async (text, sizes, maxRestBytes) => {
        const bytes = new TextEncoder().encode(text);
        for (const path of [[], ["a"]]) {
          const options = { path, maxRestBytes };
          const whole = await read(bytes, options);
          const cut = await read(bytes, { ...options, gatherBytes: 1 }, sizes);
          assert.deepEqual(cut, whole);
          let parsed: unknown;
          let good = true;
          try {
            parsed = JSON.parse(decoder.decode(bytes));
          } catch {
            good = false;
          }
          if (!good) assert.ok(whole.fault !== undefined, text);
          else if (path.length === 0 && Array.isArray(parsed)) {
            assert.deepEqual(whole.values, parsed);
          }
        }
      },
    ),
    { numRuns: 1500 },
  );
});
