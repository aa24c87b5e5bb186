import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRetryAfter } from "./retry_after.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 37);

Deno.test("parseRetryAfter() reads seconds", () => {
  assert.equal(parseRetryAfter("0"), 0);
  assert.equal(parseRetryAfter("120"), 120_000);
  assert.equal(parseRetryAfter(" 1.5 "), 1_500);
  assert.equal(parseRetryAfter("9".repeat(400)), Infinity);
});

Deno.test("parseRetryAfter() reads the three kinds of HTTP date", () => {
  for (
    const date of [
      "Sun, 06 Nov 1994 08:49:47 GMT",
      "Sunday, 06-Nov-94 08:49:47 GMT",
      "Sun Nov  6 08:49:47 1994",
    ]
  ) {
    assert.equal(parseRetryAfter(date, { now }), 10_000, date);
  }
  assert.equal(
    parseRetryAfter("Wed Nov 16 08:49:37 1994", { now }),
    10 * 86_400_000,
  );
});

Deno.test("parseRetryAfter() reads every date that JavaScript writes", () => {
  fc.assert(
    fc.property(fc.nat(4_000_000_000), (seconds) => {
      const date = new Date(seconds * 1_000).toUTCString();
      assert.equal(parseRetryAfter(date, { now: 0 }), seconds * 1_000);
    }),
  );
});

Deno.test("parseRetryAfter() takes a date that has passed as now", () => {
  assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:49:36 GMT", { now }), 0);
});

Deno.test("parseRetryAfter() reads two digits as the year nearest to come", () => {
  const in2026 = { now: Date.UTC(2026, 0, 1) };
  const year = 365 * 86_400_000;
  assert.equal(parseRetryAfter("Friday, 06-Nov-94 08:49:37 GMT", in2026), 0);
  assert.equal(
    parseRetryAfter("Friday, 01-Jan-27 00:00:00 GMT", in2026),
    year,
  );
});

Deno.test("parseRetryAfter() takes a leap second as the one after it", () => {
  assert.equal(
    parseRetryAfter("Sat, 31 Dec 2016 23:59:60 GMT", {
      now: Date.UTC(2016, 11, 31, 23, 59, 50),
    }),
    10_000,
  );
});

Deno.test("parseRetryAfter() refuses what is neither", () => {
  for (
    const value of [
      null,
      undefined,
      "",
      "-1",
      "1e3",
      "0x10",
      "soon",
      "room 5",
      "12 s",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT, 5",
    ]
  ) {
    assert.equal(parseRetryAfter(value, { now }), undefined, String(value));
  }
});
