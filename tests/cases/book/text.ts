/** Regular expressions, sorting, and other work on text and numbers. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { inputs, prepareNames, prepareRows } from "./_inputs.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

const TOKEN = /^(a+)+$/;
app.get("/text/regex-test", (c) => {
  const valid = TOKEN.test(`${"a".repeat(23)}!`); // culprit: regex_test
  return c.json({ valid });
});

app.get("/text/regex-replace", async (c) => {
  await pause(2);
  const text = `${" ".repeat(5_000)}x`.repeat(2);
  const trimmed = text.replace(/\s+$/, ""); // culprit: regex_replace
  return c.text(String(trimmed.length));
});

function findAddress(text: string): string | undefined {
  return text.match(/^([a-z0-9]+)*@/)?.[0]; // culprit: regex_match
}
app.get(
  "/text/regex-match",
  (c) => c.json({ address: findAddress("a".repeat(23)) ?? null }),
);

app.get("/text/sort", (c) => {
  const sorted = [...inputs.numbers].sort((a, b) => a - b); // culprit: sort_numbers
  return c.json({ first: sorted[0] });
});

function byName(a: string, b: string): number {
  return a.localeCompare(b); // culprit: sort_by_name
}
app.get("/text/sort-by-name", async (c) => {
  await pause(2);
  const sorted = inputs.names.toSorted(byName); // culprit: sort_by_name
  return c.json({ first: sorted[0] });
});

app.get("/text/split", (c) => {
  const cells = inputs.json.split(",").length; // culprit: text_split
  return c.json({ cells });
});

function digitsOf(exponent: bigint): number {
  return (3n ** exponent).toString().length; // culprit: bigint_text
}
app.get("/text/bigint", (c) => c.json({ digits: digitsOf(700_000n) }));

app.get("/text/levenshtein", async (c) => {
  await pause(1);
  const [a, b] = ["kitten".repeat(550), "sitting".repeat(550)];
  const row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) { // culprit: text_distance
    let corner = row[0]!; // culprit: text_distance
    row[0] = i + 1; // culprit: text_distance
    for (let k = 0; k < b.length; k++) { // culprit: text_distance
      const change = corner + (a[i] === b[k] ? 0 : 1); // culprit: text_distance
      corner = row[k + 1]!; // culprit: text_distance
      row[k + 1] = Math.min(change, corner + 1, row[k]! + 1); // culprit: text_distance
    }
  }
  return c.json({ distance: row.at(-1) });
});

app.get("/text/garbage", (c) => {
  let kept: object[] = [];
  for (let i = 0; i < 1_500_000; i++) { // culprit: gc_storm
    kept.push({ i, tags: [i] }); // culprit: gc_storm
    if (kept.length > 300_000) kept = []; // culprit: gc_storm
  }
  return c.json({ kept: kept.length });
});

type Label = Parameters<typeof block>[1];
const text = (
  label: Pick<Label, "title" | "kind" | "where" | "request"> & Partial<Label>,
): Label => ({
  function: null,
  cause: "cpu",
  api: null,
  blockMs: 150,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "regex_test",
    text({
      title: "a catastrophic regular expression",
      kind: "regular expression",
      where: "first stretch",
      request: "GET /text/regex-test",
    }),
  ),
  block(
    "regex_replace",
    text({
      title: "trimming the end of long lines by .replace(), after an await",
      kind: "regular expression",
      where: "after an await",
      request: "GET /text/regex-replace",
    }),
  ),
  block(
    "regex_match",
    text({
      title: "a catastrophic .match() in a helper",
      kind: "regular expression",
      where: "helper",
      request: "GET /text/regex-match",
      function: "findAddress",
    }),
  ),
  block(
    "sort_numbers",
    text({
      title: "sorting 300,000 numbers",
      kind: "sort",
      where: "first stretch",
      request: "GET /text/sort",
      prepare: prepareNames,
      blockMs: 200,
    }),
  ),
  block(
    "sort_by_name",
    text({
      title: "sorting 150,000 names by localeCompare, after an await",
      kind: "sort",
      where: "after an await",
      request: "GET /text/sort-by-name",
      prepare: prepareNames,
      function: "byName",
    }),
  ),
  block(
    "text_split",
    text({
      title: "splitting 20 MB of text",
      kind: "text",
      where: "first stretch",
      request: "GET /text/split",
      prepare: prepareRows,
    }),
  ),
  block(
    "bigint_text",
    text({
      title: "a big integer written out",
      kind: "text",
      where: "helper",
      request: "GET /text/bigint",
      function: "digitsOf",
    }),
  ),
  block(
    "text_distance",
    text({
      title: "an edit distance, after an await",
      kind: "text",
      where: "after an await",
      request: "GET /text/levenshtein",
    }),
  ),
  block(
    "gc_storm",
    text({
      title: "a storm of garbage",
      kind: "garbage collection",
      where: "first stretch",
      request: "GET /text/garbage",
      cause: "gc",
    }),
  ),
];
