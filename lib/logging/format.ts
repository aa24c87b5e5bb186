import type { LogLevel, LogRecord } from "@logtape/logtape";
import { createBudget, toPlain, truncate } from "./_plain_value.ts";

/** How a log line is written. */
export type LogFormat = "pretty" | "json";

type Budget = ReturnType<typeof createBudget>;

interface PlainError {
  name: string;
  message: string;
  stack: string;
}

function messageOf(record: LogRecord, budget: Budget): string {
  let text = "";
  for (const part of record.message) {
    if (typeof part === "string") text += part;
    else {
      const plain = toPlain(part, budget);
      text += isError(plain) ? headOf(plain) : asText(plain);
    }
  }
  return truncate(text);
}

/** What `toPlain` makes of an error, and of nothing that a program is likely to log besides. */
function isError(plain: unknown): plain is PlainError {
  return typeof plain === "object" && plain !== null && "name" in plain &&
    "message" in plain && "stack" in plain &&
    [plain.name, plain.message, plain.stack].every((it) =>
      typeof it === "string"
    );
}

function headOf({ name, message }: PlainError): string {
  return `${name}: ${message}`;
}

function asText(plain: unknown): string {
  return typeof plain === "string"
    ? plain
    : JSON.stringify(plain) ?? "undefined";
}

const ownFields = new Set(["time", "level", "logger", "message"]);

/**
 * One JSON object: `time` (ISO 8601), `level`, `logger`, `message`, then the
 * record's properties. A property named like one of the four gets a `_`
 * behind its name.
 *
 * @returns A line that ends in a line feed. Never throws, whatever the
 * properties hold; what is very long, deep or wide is cut.
 */
export function formatJson(record: LogRecord): string {
  const budget = createBudget();
  const line: Record<string, unknown> = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: messageOf(record, budget),
  };
  const properties = toPlain(record.properties, budget);
  for (const [key, value] of Object.entries(properties as object)) {
    Object.defineProperty(line, ownFields.has(key) ? `${key}_` : key, {
      value,
      enumerable: true,
      configurable: true,
    });
  }
  return `${JSON.stringify(line)}\n`;
}

const labels: Record<LogLevel, [label: string, colour: string]> = {
  trace: ["TRC", "90"],
  debug: ["DBG", "36"],
  info: ["INF", "32"],
  warning: ["WRN", "33"],
  error: ["ERR", "31"],
  fatal: ["FTL", "1;31"],
};

/** What a log holds may come from anyone: it must not steer the terminal. */
function withoutControls(text: string): string {
  // All control characters but tab and line feed.
  return text.replace(
    /[^\P{Cc}\t\n]/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function indented(text: string): string {
  return withoutControls(text.replaceAll("\r\n", "\n"))
    .replaceAll("\n", "\n    ");
}

function pair(value: unknown): string {
  if (typeof value !== "string") return withoutControls(asText(value));
  return /^[^\s"=]+$/.test(value)
    ? withoutControls(value)
    : withoutControls(JSON.stringify(value));
}

/** Does the message show the property already, as in `Loaded {rows} rows`? */
function isInMessage({ rawMessage }: LogRecord, key: string): boolean {
  return typeof rawMessage === "string" && rawMessage.includes(`{${key}}`);
}

/**
 * For people: short local time, level, logger, message, then `key=value` of
 * what the message does not show; the stacks of errors follow on lines of their own.
 *
 * @returns Lines that end in a line feed. Never throws.
 */
export function formatPretty(
  record: LogRecord,
  options: {
    /** @default {false} */
    colors?: boolean;
  } = {},
): string {
  const { colors = false } = options;
  const paint = (code: string, text: string) =>
    colors ? `\x1b[${code}m${text}\x1b[0m` : text;
  const budget = createBudget();
  const [label, colour] = labels[record.level];
  const time = new Date(record.timestamp);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${
    two(time.getSeconds())
  }.${String(time.getMilliseconds()).padStart(3, "0")}`;
  let line = `${paint("90", clock)} ${paint(colour, label)} ${
    paint("35", withoutControls(record.category.join(".")))
  } ${indented(messageOf(record, budget))}`;
  const stacks: string[] = [];
  const properties = toPlain(record.properties, budget) as object;
  for (const [key, value] of Object.entries(properties)) {
    if (isInMessage(record, key)) continue;
    let shown = value;
    if (isError(value)) {
      stacks.push(value.stack);
      shown = headOf(value);
    }
    line += ` ${paint("90", `${withoutControls(key)}=`)}${pair(shown)}`;
  }
  for (const stack of stacks) line += `\n    ${indented(stack)}`;
  return `${line}\n`;
}
