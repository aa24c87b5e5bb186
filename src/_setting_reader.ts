import { settings } from "./settings.ts";

/** A setting could not be read; names the setting and its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Bounds of a number. */
export interface NumberRange {
  min: number;
  max: number;
  /** @default {true} */
  integer?: boolean;
  /** In place of the one in the table of settings. */
  fallback?: number;
}

/** Reads values as the table of settings says; an empty one counts as none. */
export interface SettingReader {
  text(name: string): string | undefined;
  number(name: string, range: NumberRange): number;
  choice<T extends string>(name: string, choices: readonly T[]): T;
  /** One of `on` and `off`. */
  flag(name: string): boolean;
  /** A PostgreSQL server's. */
  url(name: string): string | undefined;
  /** What stands between commas. */
  list(name: string): string[] | undefined;
  /** The default of the table. */
  defaultOf(name: string): string;
}

function defaultOf(name: string): string {
  const setting = settings.find((setting) => setting.name === name);
  if (setting === undefined) throw new ConfigError(`Unknown setting ${name}`);
  return setting.default;
}

/**
 * Reads settings from environment variables.
 *
 * @throws {ConfigError} Each method does: a value is not valid; names setting,
 * value and what is valid.
 */
export function settingReader(
  env: Readonly<Record<string, string | undefined>>,
): SettingReader {
  const text = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === undefined || value === "" ? undefined : value;
  };
  const number = (
    name: string,
    { min, max, fallback, integer = true }: NumberRange,
  ): number => {
    const value = text(name);
    if (value === undefined) return fallback ?? Number(defaultOf(name));
    const parsed = Number(value);
    if (
      !Number.isFinite(parsed) || parsed < min || parsed > max ||
      (integer && !Number.isInteger(parsed))
    ) {
      throw new ConfigError(
        `Cannot read setting ${name}="${value}": it takes ${
          integer ? "a whole number" : "a number"
        } from ${min} to ${max}`,
      );
    }
    return parsed;
  };
  const choice = <T extends string>(name: string, choices: readonly T[]): T => {
    const value = text(name) ?? defaultOf(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw new ConfigError(
        `Cannot read setting ${name}="${value}": it takes ${
          choices.join(", ")
        }`,
      );
    }
    return found;
  };
  const url = (name: string): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
      // The value may hold a password: it is not repeated.
      throw new ConfigError(
        `Cannot read setting ${name}: it takes a URL like postgres://user:password@host:5432/name`,
      );
    }
    return value;
  };
  return {
    text,
    number,
    choice,
    flag: (name) => choice(name, ["on", "off"]) === "on",
    url,
    list: (name) =>
      text(name)?.split(",").map((it) => it.trim()).filter((it) => it !== ""),
    defaultOf,
  };
}
