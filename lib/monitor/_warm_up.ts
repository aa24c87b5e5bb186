import { aliasesOf, readFunction } from "./_call_line.ts";
import type { Pieces } from "./_own_work.ts";

/** Something of everything that a source may hold. */
const SAMPLE = `import { read as slurp } from "node:fs";
async function sample<T extends { a: number }>(path: string): Promise<T[]> {
  // A comment, and /* another one */
  const [text, half] = ['it\\'s', "\\n"], size = rows.length / 2; /* over
  lines */
  if (/[a-z/]+\\//.test(text)) return \`a \${slurp(path)} $ \${\`b\`} c\`;
  for (const row of list<T>(path)) {
    rows.push(fs["read"]?.(row), parse.call(null, row));
  }
  while (next()) done();
  const take: Reader = fs.read;
  return rows.map((row): T => convert(row)).filter(async (it) => await it(1));
}
const { read: other, parse } = fs;
`;

/** V8 compiles a regular expression when it runs for the second time. */
const RUNS = 3;

/**
 * Reads a source for nothing: its pieces take 2, 0.8 and 0.4 ms at first and
 * 0.1 ms at the end.
 */
export function* warmUp(): Pieces<void> {
  for (let i = 0; i < RUNS; i++) {
    const source = readFunction(SAMPLE, { line: 2, column: 22 });
    yield;
    source.regexSites("none");
    yield;
    void source.mentions;
    yield;
    aliasesOf(SAMPLE, "read");
    yield;
    readFunction(SAMPLE, null);
    yield;
  }
}
