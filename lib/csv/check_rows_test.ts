import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { bytesOf, chunked, collect } from "./_test_chunks.ts";
import { checkRows, type CheckRowsOptions } from "./check_rows.ts";
import { FormatError } from "./format_error.ts";
import { createRejectionLog } from "./rejections.ts";
import { encodeRecord } from "./write.ts";

type Options = Partial<CheckRowsOptions>;
const SYMBOL_FLOAT: Options = {
  columns: [{ type: "text", required: true }, { type: "float" }],
};

async function check(
  content: string | Uint8Array,
  options: Options = {},
  sizes: number[] = [Infinity],
) {
  const rejections = createRejectionLog();
  const { batches, stats } = checkRows(chunked(content, sizes), {
    columns: [{ type: "text" }, { type: "text" }],
    rejections,
    ...options,
  });
  const all = await collect(batches);
  const text = all.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
  return {
    text,
    stats: { ...stats },
    reasons: rejections.summary(),
    batchRows: all.map(({ rows }) => rows),
    batches: all,
  };
}

/** Whatever comes of it, as one value that can be compared. */
async function outcome(...args: Parameters<typeof check>) {
  try {
    const { text, stats, reasons } = await check(...args);
    return { text, stats, reasons };
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    return error.message;
  }
}

Deno.test("checkRows() passes plain rows through untouched", async () => {
  const text = "PKD1,3.5\nPKD2,-1e-3\nA.B-1,.5\nX,\n";
  const result = await check(text, SYMBOL_FLOAT);
  assert.equal(result.text, text);
  assert.deepEqual(result.stats, {
    rows: 4,
    accepted: 4,
    rejected: 0,
    blankLines: 0,
  });
  assert.deepEqual(result.batchRows, [4]);
});

Deno.test("checkRows() rejects rows whose values are at fault", async () => {
  const text = [
    "A,1",
    "B,NaN",
    "C,1e999",
    "D,x",
    ",5",
    "E,1,2",
    "F",
    "G,-Infinity",
    "H,1e-999",
    "toolong,1",
    "I,0e-999",
  ].join("\n");
  const { text: copy, stats, reasons } = await check(text, {
    columns: [{ type: "text", required: true, maxBytes: 6 }, {
      type: "float",
      name: "tpm",
    }],
  });
  assert.equal(copy, "A,1\nI,0e-999\n");
  assert.deepEqual(stats, {
    rows: 11,
    accepted: 2,
    rejected: 9,
    blankLines: 0,
  });
  assert.deepEqual(
    Object.fromEntries(
      reasons.map(({ reason, examples }) => [
        reason,
        examples.map(({ line, column, text }) => `${line}:${column} ${text}`),
      ]),
    ),
    {
      "tpm: not a finite number": [
        "2:3 B,NaN",
        "3:3 C,1e999",
        "8:3 G,-Infinity",
        "9:3 H,1e-999",
      ],
      "wrong number of fields": ["6:5 E,1,2", "7:2 F"],
      "tpm: not a number": ["4:3 D,x"],
      "required field is empty": ["5:1 ,5"],
      "text is too long": ["10:1 toolong,1"],
    },
  );
});

Deno.test("checkRows() checks integers and their range", async () => {
  const { text, reasons } = await check(
    "2147483647,9223372036854775807\n-2147483648,-9223372036854775808\n" +
      "2147483648,1\n1,9223372036854775808\n1.0,1\n+7,0000000000000000000007\n,\n",
    { columns: [{ type: "integer" }, { type: "bigint" }] },
  );
  assert.equal(
    text,
    "2147483647,9223372036854775807\n-2147483648,-9223372036854775808\n" +
      "+7,0000000000000000000007\n,\n",
  );
  assert.deepEqual(
    reasons.map(({ reason, count }) => [reason, count]),
    [["integer out of range", 2], ["not an integer", 1]],
  );
});

for (
  const [name, content, message] of [
    [
      "a quote never closed",
      'a,b\nc,"d\ne,f\ng,h\n',
      "line 2, column 3: quote is never closed",
    ],
    [
      "a stray quote",
      'a,b\nA 5" x,1\n',
      "line 2, column 4: stray quote in an unquoted field",
    ],
    [
      "text after a quote",
      '"a\nb"x,1\n',
      "line 2, column 3: text after a closing quote",
    ],
    ["a NUL byte", "a,b\nc,\0d\n", "line 2, column 3: NUL byte"],
    ["a quoted NUL byte", 'a,b\nc,"\0d"\n', "line 2, column 4: NUL byte"],
    [
      "an end marker",
      "a,b\n\\.\nc,d\n",
      "line 2, column 1: the line is \\. alone, which would end the data for PostgreSQL",
    ],
    [
      "a bare carriage return",
      "a,b\rc,d\r",
      "line 1, column 4: carriage return without a line feed",
    ],
    [
      "invalid UTF-8",
      new Uint8Array([97, 44, 98, 10, 0xc3, 0xa9, 44, 0xff, 10]),
      "line 2, column 4: byte 0xff is not valid UTF-8; save the file as UTF-8",
    ],
    [
      "UTF-8 cut off at the end",
      new Uint8Array([97, 44, 0xe2, 0x82]),
      "line 1, column 3: byte 0xe2 is not valid UTF-8; save the file as UTF-8",
    ],
    [
      "a long record",
      `a,b\n${"x".repeat(101)},1\n`,
      "line 2, column 1: the record is longer than 100 bytes",
    ],
    [
      "a long quoted record",
      `a,b\n1,"${"x\n".repeat(80)}`,
      "line 2, column 3: quote is not closed within the 100 bytes that a record may have",
    ],
  ] as const
) {
  Deno.test(`checkRows() refuses ${name}`, async () => {
    for (const sizes of [[Infinity], [1], [3, 2]]) {
      const options = { maxRecordBytes: 100, gatherBytes: 1 };
      assert.equal(await outcome(content, options, sizes), message);
    }
  });
}

Deno.test("checkRows() lets a record have exactly maxRecordBytes", async () => {
  for (const end of ["\n", "\r\n", ""]) {
    for (const field of ["x".repeat(98), `"${"x".repeat(96)}"`]) {
      const { stats } = await check(`${field},1${end}`, {
        maxRecordBytes: 100,
      });
      assert.equal(stats.accepted, 1);
    }
  }
});

Deno.test("checkRows() tells NULL from the empty text", async () => {
  const text = 'a,\nb,""\n';
  assert.equal((await check(text)).text, 'a,""\nb,""\n');
  const columns = [
    { type: "text", nullIfEmpty: true },
    { type: "text", nullIfEmpty: true },
  ] as const;
  assert.equal((await check(text, { columns })).text, "a,\nb,\n");
});

Deno.test("checkRows() skips blank lines, comments, lines and a header", async () => {
  const text =
    'junk "\n# a comment "\nsymbol,tpm\n\nA,1\n  \n#B,2\nC,3\n\r\n\n';
  const { text: copy, stats } = await check(text, {
    ...SYMBOL_FLOAT,
    skipLines: 1,
    comment: "#",
    header: "skip",
    trim: true,
  });
  assert.equal(copy, "A,1\nC,3\n");
  assert.deepEqual(stats, {
    rows: 2,
    accepted: 2,
    rejected: 0,
    blankLines: 4,
  });
});

Deno.test("checkRows() asks whether the first record is a header", async () => {
  const seen: string[][] = [];
  const header = (fields: string[]) => {
    seen.push(fields);
    return fields[0] === "symbol";
  };
  const first = await check('symbol,"t""pm"\nA,1\n', { header });
  const second = await check("A,1\nB,2\n", { header });
  assert.equal(first.text, "A,1\n");
  assert.equal(second.text, "A,1\nB,2\n");
  assert.deepEqual(seen, [["symbol", 't"pm'], ["A", "1"]]);
});

Deno.test("checkRows() trims values, quoted or not", async () => {
  const { text } = await check(' A\t, 1 \n" B " ,"2 "\n', {
    ...SYMBOL_FLOAT,
    trim: true,
  });
  assert.equal(text, 'A,1\n"B",2\n');
});

Deno.test("checkRows() makes commas of tabs and quotes what needs it", async () => {
  const { text } = await check('a"b\tc,d\te\nf\tg\th\n\\.\tx\ty\n', {
    columns: [{ type: "text" }, { type: "text" }, { type: "text" }],
    separator: "\t",
    quote: false,
  });
  assert.equal(text, '"a""b","c,d",e\nf,g,h\n"\\.",x,y\n');
});

Deno.test("checkRows() leaves omitted columns out", async () => {
  const { text, stats } = await check("A,x,1\nB,,2\n", {
    columns: [
      { type: "text" },
      { type: "text", required: true, omit: true },
      { type: "float" },
    ],
  });
  assert.equal(text, "A,1\n");
  assert.equal(stats.rejected, 1);
});

Deno.test("checkRows() counts lines past quoted line ends", async () => {
  const { reasons } = await check('"a\nb\r\nc",1\nd,x\n', SYMBOL_FLOAT);
  assert.deepEqual(reasons[0]?.examples, [{ line: 4, column: 3, text: "d,x" }]);
});

Deno.test("checkRows() keeps batches within their limits", async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `GENE${i},${i}.5\n`);
  const text = rows.join("") + '"Q",1\n' + rows.join("");
  for (const sizes of [[Infinity], [777]]) {
    const byRows = await check(text, {
      ...SYMBOL_FLOAT,
      maxBatchRows: 2000,
      gatherBytes: 1000,
    }, sizes);
    assert.equal(byRows.text, text);
    assert.deepEqual(byRows.batchRows, [2000, 2000, 2000, 2000, 2000, 1]);
    const byBytes = await check(text, {
      ...SYMBOL_FLOAT,
      maxBatchBytes: 1000,
    }, sizes);
    assert.equal(byBytes.text, text);
    assert.ok(byBytes.batches.every(({ bytes }) => bytes.length <= 1000));
  }
});

Deno.test("checkRows() gives batches that may be transferred away", async () => {
  const text = Array.from({ length: 60_000 }, (_, i) => `GENE${i},${i}.5\n`)
    .join("");
  const input = bytesOf(text);
  let copy = "";
  const { batches } = checkRows(chunked(input, [100_000]), {
    ...SYMBOL_FLOAT as CheckRowsOptions,
    rejections: createRejectionLog(),
  });
  for await (const { bytes } of batches) {
    // A transfer empties the buffer for whoever else might use it.
    const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
    copy += new TextDecoder().decode(moved);
  }
  assert.ok(copy === text);
});

const field = fc.string({
  unit: fc.constantFrom(...'ab1,;"\n\r .\\é€😀\t'.match(/./gsu)!),
  maxLength: 8,
});
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), {
  minLength: 1,
  maxLength: 4,
});

Deno.test("checkRows() agrees with csv-parse on well-formed input", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 4 }).chain((columns) =>
        fc.array(
          fc.tuple(
            fc.array(fc.tuple(field, fc.boolean()), {
              minLength: columns,
              maxLength: columns,
            }),
            fc.constantFrom("\n", "\r\n", "\n\n"),
          ),
          { minLength: 1, maxLength: 12 },
        )
      ),
      sizes,
      fc.constantFrom(1, 64 * 1024),
      async (rows, sizes, gatherBytes) => {
        const text = rows.map(([fields, end]) =>
          fields.map(([text, always]) =>
            always || /[",\r\n]/.test(text)
              ? `"${text.replaceAll('"', '""')}"`
              : text
          ).join(",") + end
        ).join("");
        const expected = parse(text, {
          skip_empty_lines: true,
          record_delimiter: ["\n", "\r\n"],
        }) as string[][];
        const columns = expected[0]!.map(() => ({ type: "text" }) as const);
        const result = await check(text, { columns, gatherBytes }, sizes);
        assert.deepEqual(
          parse(result.text, { record_delimiter: "\n" }),
          expected,
        );
        assert.equal(result.stats.accepted, expected.length);
        assert.equal(result.stats.rows, expected.length);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("checkRows() gives the same however the input is cut", async () => {
  const soup = fc.array(
    fc.constantFrom(...'aa11..--ee,,,,""\n\n\n\n\r\\ \t\0#é€'.match(/./gsu)!),
    { maxLength: 60 },
  ).map((parts) => bytesOf(parts.join("")));
  await fc.assert(
    fc.asyncProperty(
      soup,
      fc.option(fc.nat(60)),
      sizes,
      fc.record({
        trim: fc.boolean(),
        quote: fc.boolean(),
        separator: fc.constantFrom(",", "\t", " "),
        comment: fc.constantFrom("", "#", "##"),
        skipLines: fc.constantFrom(0, 0, 2),
        maxRecordBytes: fc.constantFrom(5, 12, 1000),
        maxBatchRows: fc.constantFrom(1, 3, Infinity),
        columns: fc.constantFrom<CheckRowsOptions["columns"][]>(
          [{ type: "text" }],
          [{ type: "text", nullIfEmpty: true }, { type: "float" }],
          [{ type: "text", required: true }, { type: "text", maxBytes: 3 }],
        ),
      }),
      async (bytes, broken, sizes, options) => {
        if (broken !== null && broken < bytes.length) bytes[broken] = 0xe2;
        const whole = await outcome(bytes, options);
        const cut = await outcome(bytes, { ...options, gatherBytes: 1 }, sizes);
        assert.deepEqual(cut, whole);
      },
    ),
    { numRuns: 1500 },
  );
});

Deno.test("checkRows() makes the same of plain rows on both its ways", async () => {
  // An omitted column switches the fast way off.
  const value = fc.oneof(
    fc.double().map(String),
    fc.constantFrom("", "1", "-.5", "5.", "1e5", "1E+05", "x", "1e309", "--1"),
    fc.string({ unit: fc.constantFrom(..."0123456789.eE+-"), maxLength: 9 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.string({ unit: fc.constantFrom(..."AbZ-_. z") }), value),
      ),
      fc.constantFrom("float", "integer", "bigint"),
      fc.boolean(),
      fc.constantFrom("\n", "\r\n"),
      async (rows, type, trim, end) => {
        const columns = [{ type: "text", nullIfEmpty: true }, {
          type,
        }] as const;
        const fast = await outcome(
          rows.map(([a, b]) => `${a},${b}${end}`).join(""),
          { columns, trim },
        );
        const slow = await outcome(
          rows.map(([a, b]) => `${a},${b},y${end}`).join(""),
          { columns: [...columns, { type: "text", omit: true }], trim },
        );
        const strip = (text: string) => JSON.parse(text.replaceAll(',y"', '"'));
        assert.deepEqual(fast, strip(JSON.stringify(slow)));
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("checkRows() takes what encodeRecord() writes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { minLength: 1 }),
      async (rows) => {
        const text = rows.map(encodeRecord).join("");
        const result = await check(text);
        assert.equal(result.stats.accepted, rows.length);
        assert.deepEqual(parse(result.text, { record_delimiter: "\n" }), rows);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("checkRows() refuses options that cannot work", () => {
  const rejections = createRejectionLog();
  const columns = [{ type: "text" }] as const;
  for (const separator of ["", "\n", '"', "é", ",,"]) {
    assert.throws(
      () => checkRows(chunked(""), { columns, rejections, separator }),
      TypeError,
    );
  }
  assert.throws(
    () => checkRows(chunked(""), { columns: [], rejections }),
    /there are no columns/,
  );
});
