import type { GuardAction, GuardOptions } from "./types.ts";

const ACTIONS: readonly GuardAction[] = ["log", "count", "throw"];
const NUMBERS = [
  "graceMs",
  "slowMs",
  "reportEveryMs",
  "ring",
  "stacksPerSecond",
] as const;

/**
 * Reads the options of a preloaded guard.
 *
 * @throws {TypeError} A parameter is unknown or its value is.
 */
export function readOptions(query: URLSearchParams): GuardOptions {
  const options: GuardOptions = {};
  for (const [name, value] of query) {
    if (name === "action") options.action = readAction(value);
    else if (name === "apis") options.apis = value.split(",");
    else {
      const key = NUMBERS.find((one) => one === name);
      if (key === undefined) {
        throw new TypeError(`Cannot read guard option "${name}": unknown`);
      }
      options[key] = readNumber(name, value);
    }
  }
  return options;
}

function readAction(value: string): GuardAction {
  const action = ACTIONS.find((one) => one === value);
  if (action === undefined) {
    throw new TypeError(
      `Cannot read guard option "action": "${value}" is none of ${
        ACTIONS.join(", ")
      }`,
    );
  }
  return action;
}

function readNumber(name: string, value: string): number {
  const number = value.trim() === "" ? NaN : Number(value);
  if (!(number >= 0)) {
    throw new TypeError(
      `Cannot read guard option "${name}": "${value}" is no number from 0 on`,
    );
  }
  return number;
}
