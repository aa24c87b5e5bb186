/** One measured figure, beside its baseline and its goal. */
export interface Figure {
  section: string;
  figure: string;
  value: number;
  unit: string;
  /** 95 % interval of `value`. */
  interval?: readonly [number, number];
  /** The same, done otherwise, in the same run. */
  baseline?: { what: string; value: number };
  goal?: { text: string; met: boolean };
}

function rounded(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function measured({ value, unit, interval }: Figure): string {
  const text = `${rounded(value)} ${unit}`.trimEnd();
  return interval === undefined
    ? text
    : `${text} (${interval.map(rounded).join(" to ")})`;
}

/** Options of {@linkcode printFigures}. */
export interface PrintOptions {
  /** Print no table. @default {false} */
  jsonOnly?: boolean;
}

/** Prints figures as a table, and then as JSON on one line. */
export function printFigures(
  figures: readonly Figure[],
  options: PrintOptions = {},
): void {
  const json = JSON.stringify({ figures });
  if (options.jsonOnly === true) {
    console.log(json);
    return;
  }
  const rows = figures.map((figure) => [
    figure.section,
    figure.figure,
    measured(figure),
    figure.baseline === undefined
      ? ""
      : `${
        rounded(figure.baseline.value)
      } ${figure.unit} (${figure.baseline.what})`,
    figure.goal === undefined
      ? ""
      : `${figure.goal.text}: ${figure.goal.met ? "met" : "MISSED"}`,
  ]);
  const head = ["section", "figure", "measured", "baseline", "goal"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  );
  for (const row of [head, widths.map((width) => "─".repeat(width)), ...rows]) {
    console.log(
      row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")
        .trimEnd(),
    );
  }
  console.log(`\n${json}`);
}
