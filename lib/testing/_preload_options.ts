import type { SanitizeLoopOptions } from "./types.ts";

/**
 * Reads the query of the preload module's URL.
 *
 * @throws {TypeError} A parameter is unknown or wrong.
 */
export function readOptions(query: URLSearchParams): SanitizeLoopOptions {
  const options: SanitizeLoopOptions = {};
  for (const [name, value] of query) {
    if (name === "baseline") options.baseline = value;
    else if (name === "budgetMs") {
      const number = value.trim() === "" ? NaN : Number(value);
      if (!(number > 0)) throw cannot(name, `"${value}" is no number above 0`);
      options.budgetMs = number;
    } else if (name === "syncCalls") {
      if (value !== "fail" && value !== "ignore") {
        throw cannot(name, `"${value}" is none of fail, ignore`);
      }
      options.syncCalls = value;
    } else throw cannot(name, "unknown");
  }
  return options;
}

function cannot(name: string, why: string): TypeError {
  return new TypeError(`Cannot read testing option "${name}": ${why}`);
}
