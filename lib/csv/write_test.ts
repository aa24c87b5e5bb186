import assert from "node:assert/strict";
import { collect } from "./_test_chunks.ts";
import { createRowWriter, encodeRows } from "./row_writer.ts";
import { csvLine, encodeRecord, encodeTextArray } from "./write.ts";

Deno.test("encodeRecord() quotes what COPY would misread", () => {
  assert.equal(
    encodeRecord([null, "", "\\.", "a\nb", "c\rd", 'e"f', "g,h", " i ", -0.5]),
    ',"","\\.","a\nb","c\rd","e""f","g,h", i ,-0.5\n',
  );
});

Deno.test("encodeRecord() refuses what PostgreSQL cannot hold", () => {
  assert.throws(() => encodeRecord([NaN]), /Cannot encode number NaN/);
  assert.throws(() => encodeRecord([Infinity]), RangeError);
  assert.throws(() => encodeRecord(["a\0b"]), /takes no NUL character/);
});

Deno.test("encodeTextArray() escapes quotes and backslashes", () => {
  assert.equal(
    encodeTextArray(["", "NULL", 'a"b', "c\\d", "e,{f}"]),
    '{"","NULL","a\\"b","c\\\\d","e,{f}"}',
  );
  assert.equal(encodeTextArray([]), "{}");
});

Deno.test("csvLine() ends with CRLF and leaves null empty", () => {
  assert.equal(csvLine(["a", null, 'b"c', 1n, false]), 'a,,"b""c",1,false\r\n');
});

Deno.test("createRowWriter() gives a batch when rows or bytes are enough", () => {
  const writer = createRowWriter({ maxBatchRows: 3, maxBatchBytes: 10 });
  assert.equal(writer.write(["é"]), undefined);
  assert.equal(writer.write(["b"]), undefined);
  const batch = writer.write(["c"]);
  assert.equal(batch?.rows, 3);
  assert.equal(new TextDecoder().decode(batch?.bytes), "é\nb\nc\n");
  assert.equal(writer.write(["0123456789"])?.rows, 1);
  assert.equal(writer.flush(), undefined);
  writer.write(["d"]);
  assert.equal(writer.flush()?.rows, 1);
  assert.equal(writer.rows, 5);
});

Deno.test("encodeRows() takes iterables of both kinds and leaves nothing over", async () => {
  async function* rows() {
    for (let i = 0; i < 5; i++) {
      await Promise.resolve();
      yield [i, `row ${i}`];
    }
  }
  const batches = await collect(encodeRows(rows(), { maxBatchRows: 2 }));
  assert.deepEqual(batches.map(({ rows }) => rows), [2, 2, 1]);
  assert.deepEqual(await collect(encodeRows([])), []);
});
