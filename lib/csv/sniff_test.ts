import assert from "node:assert/strict";
import { bytesOf } from "./_test_chunks.ts";
import { sniff } from "./sniff.ts";

for (
  const [name, sample, expected] of [
    ["a headerless pair", "ACE,2.05\nACTG2,0.83\n", {}],
    ["a header", "symbol,tpm\nACE,2.05\nACTG2,0.83\n", { header: true }],
    ["semicolons with decimal commas", "a;b\nx;1,5\ny;2,5\n", {
      separator: ";",
    }],
    ["tabs", '#date\na\t"b\tc\nd\te\tf\n', { separator: "\t", quote: false }],
    ["quoted tabs", '"a"\t"b"\n"c"\t1\n', {
      separator: "\t",
      header: true,
    }],
    ["quoted commas", '"a,b",1\n"c;d",2\n', {}],
    ["stray quotes", 'A 5" x,1\nB 6" y,2\n', { quote: false }],
    ["pipes", "a|b|c\nd|e|f\n", { separator: "|" }],
    ["one column", "PKD1\nPKD2\n", {}],
    ["one line without an end", "a,b", {}],
    ["nothing", "", {}],
    ["numbers only", "1,2\n3,4\n", {}],
    ["a byte order mark", "\ufeffname,n\nx,1\n", { header: true }],
    ["a sample cut in mid-record", 'a,1\nb,2\nc,"3', {}],
  ] as const
) {
  Deno.test(`sniff() reads ${name}`, () => {
    assert.deepEqual(sniff(bytesOf(sample)), {
      encoding: "utf-8",
      separator: ",",
      header: false,
      quote: true,
      ...expected,
    });
  });
}

Deno.test("sniff() tells encodings", () => {
  const encodings = [
    [0xff, 0xfe, 97, 0],
    [0xfe, 0xff, 0, 97],
    [97, 0, 98],
    [97, 0xe9, 44, 49, 10],
    [97, 44, 0xe2, 0x82],
  ].map((bytes) => sniff(new Uint8Array(bytes)).encoding);
  assert.deepEqual(encodings, [
    "utf-16le",
    "utf-16be",
    "binary",
    "unknown",
    "utf-8",
  ]);
});
