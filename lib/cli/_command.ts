/** Where a command writes. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** One word after `loophound`. */
export interface Command {
  name: string;
  /** One line, for `--help`. */
  summary: string;
  /** All about it, for `--help` after its name. */
  help: string;
  /** @returns Exit code: 0 fine, 1 findings, 2 wrong use. */
  run(args: readonly string[], output: Output): Promise<number>;
}

/** Thrown when the arguments make no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
