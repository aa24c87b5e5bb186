import assert from "node:assert/strict";
import fc from "fast-check";
import { copyErrorLine, cutCopy } from "./_cut_copy.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("copyErrorLine() reads the line of an error of COPY", () => {
  assert.equal(copyErrorLine({ where: "COPY t__1, line 12" }), 12);
  assert.equal(copyErrorLine({ where: 'COPY t, line 3: "a,1"' }), 3);
  assert.equal(copyErrorLine({ where: "SQL function f" }), undefined);
  assert.equal(copyErrorLine(new Error("COPY t, line 3")), undefined);
});

Deno.test("cutCopy() cuts around any line, and loses nothing", () => {
  const row = fc.stringMatching(/^[a-zé,0-9]{0,8}$/);
  fc.assert(fc.property(
    fc.array(row, { minLength: 1, maxLength: 20 }),
    fc.nat(),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
    (rows, nth, end, closed) => {
      // An empty row at the end that nothing closes is none.
      fc.pre(closed || rows.at(-1) !== "");
      const text = rows.join(end) + (closed ? end : "");
      const line = nth % rows.length + 1;
      const cut = cutCopy(bytesOf(text), line)!;
      assert.equal(
        textOf(cut.before),
        rows.slice(0, line - 1).map((one) => one + end).join(""),
      );
      assert.equal(textOf(cut.row).trimEnd(), rows[line - 1]);
      assert.equal(
        textOf(cut.before) + textOf(cut.row) + textOf(cut.after),
        text,
      );
    },
  ));
});

Deno.test("cutCopy() leaves what it cannot cut", () => {
  assert.equal(cutCopy(bytesOf('a,"1\n2"\nb,3\n'), 2), undefined);
  assert.equal(cutCopy(bytesOf("a,1\nb,2\n"), 3), undefined);
  assert.equal(cutCopy(bytesOf(""), 1), undefined);
});
