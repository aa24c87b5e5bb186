import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf } from "./_test_chunks.ts";
import { floatFault, integerFault, isFiniteNumber } from "./numbers.ts";

function float(text: string) {
  const bytes = bytesOf(`9${text}9`);
  return floatFault(bytes, 1, 1 + text.length);
}

Deno.test("floatFault() takes what PostgreSQL takes as a finite number", () => {
  for (
    const text of ["0", "-0", "+1", ".5", "5.", "1e5", "1E-5", "-1.5e+300"]
      .concat(`${"9".repeat(305)}`, `0.${"0".repeat(310)}1`, "0e-999", "4e-324")
  ) {
    assert.equal(float(text), undefined, text);
  }
  for (
    const text of ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x1f", " 1", "1 "]
      .concat("1_000", "--1", "1,5", "n", "infinite", "nano")
  ) {
    assert.equal(float(text), "not a number", text);
  }
  for (
    const text of ["NaN", "nan", "-inf", "Infinity", "+INFINITY", "1e999"]
      .concat("-1e309", "1e-999", "9".repeat(310), `0.${"0".repeat(400)}1`)
  ) {
    assert.equal(float(text), "not a finite number", text);
  }
});

Deno.test("floatFault() takes every finite number that JavaScript writes", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      const bytes = bytesOf(String(value));
      assert.equal(
        isFiniteNumber(bytes, 0, bytes.length),
        Number.isFinite(value),
      );
    }),
  );
});

Deno.test("integerFault() agrees with BigInt", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
      fc.constantFrom(32 as const, 64 as const),
      fc.nat(3),
      (value, bits, zeros) => {
        const text = `${value < 0 ? "-" : ""}${"0".repeat(zeros)}${
          value < 0 ? -value : value
        }`;
        const bytes = bytesOf(text);
        const fits = BigInt.asIntN(bits, value) === value;
        assert.equal(
          integerFault(bytes, 0, bytes.length, bits),
          fits ? undefined : "integer out of range",
        );
      },
    ),
  );
  for (const text of ["", "-", "1.0", "1e3", " 1"]) {
    const bytes = bytesOf(text);
    assert.equal(integerFault(bytes, 0, bytes.length, 32), "not an integer");
  }
});
