import { FormatError, type ParsedRecord } from "@loophound/toolkit/csv";
import { isTooLong, NAME_BYTES } from "./_limits.ts";
import type { Reading } from "./_report_rows.ts";

/** Columns by name, in the order of current releases. */
const COLUMNS = [
  "ncbi_gene_id",
  "gene_symbol",
  "hpo_id",
  "hpo_name",
  "frequency",
  "disease_id",
] as const;
type Column = typeof COLUMNS[number];

/** What the headers of older releases call the same. */
const OLDER_NAMES: Readonly<Record<string, Column>> = {
  "entrez-gene-id": "ncbi_gene_id",
  "entrez-gene-symbol": "gene_symbol",
  "hpo-term-id": "hpo_id",
  "hpo-term-name": "hpo_name",
  "frequency-hpo": "frequency",
  "disease-id for link": "disease_id",
};

/** Where the columns stand, and of how many. */
interface Layout {
  at: Readonly<Record<Column, number>>;
  width: number;
}

const CURRENT: Layout = {
  at: Object.fromEntries(
    COLUMNS.map((column, index) => [column, index]),
  ) as Record<Column, number>,
  width: COLUMNS.length,
};

function columnName(text: string): string {
  const plain = text.replace(/^#/, "").trim().replace(/^format:\s*/i, "")
    .toLowerCase();
  return OLDER_NAMES[plain] ?? plain;
}

/** The oldest header names all of its columns in one field. */
function columnNames(fields: readonly string[]): string[] {
  return fields.flatMap((field) => field.split("<tab>")).map(columnName);
}

function isHeader(fields: readonly string[]): boolean {
  return columnNames(fields)[0] === "ncbi_gene_id";
}

function layoutOf({ line, fields }: ParsedRecord): Layout {
  const names = columnNames(fields);
  const at = Object.fromEntries(
    COLUMNS.map((column) => [column, names.indexOf(column)]),
  ) as Record<Column, number>;
  for (const column of ["gene_symbol", "hpo_id"] as const) {
    if (at[column] < 0) {
      throw new FormatError(`the header has no column ${column}`, {
        line,
        column: 1,
      });
    }
  }
  return { at, width: names.length };
}

function readRow(fields: readonly string[], { at, width }: Layout): Reading {
  if (fields.length !== width) {
    return { reason: `${fields.length} fields instead of ${width}` };
  }
  const symbol = fields[at.gene_symbol] ?? "";
  const hpoId = fields[at.hpo_id] ?? "";
  const disease = fields[at.disease_id] ?? "";
  const frequency = fields[at.frequency] ?? "";
  if (symbol === "" || symbol === "-") {
    return { reason: "gene_symbol: is empty", field: at.gene_symbol };
  }
  if (isTooLong(symbol, NAME_BYTES)) {
    return { reason: "gene_symbol: is too long", field: at.gene_symbol };
  }
  if (!/^HP:\d{1,12}$/.test(hpoId)) {
    return { reason: "hpo_id: is no id like HP:0000107", field: at.hpo_id };
  }
  if (isTooLong(disease, NAME_BYTES)) {
    return { reason: "disease_id: is too long", field: at.disease_id };
  }
  return {
    row: [
      symbol,
      hpoId,
      fields[at.hpo_name] ?? "",
      disease,
      frequency === "" || frequency === "-" ? null : frequency,
      fields[at.ncbi_gene_id] || null,
    ],
  };
}

/**
 * Reads lines of `genes_to_phenotype.txt`. The first line may be a header;
 * other lines that start with `#` are comments.
 */
export function hpoReader(): (record: ParsedRecord) => Reading {
  let layout: Layout | undefined;
  return (record) => {
    const { fields } = record;
    if (layout === undefined && isHeader(fields)) {
      layout = layoutOf(record);
      return undefined;
    }
    if (fields[0]?.startsWith("#")) return undefined;
    layout ??= CURRENT;
    return readRow(fields, layout);
  };
}
