import {
  createRowWriter,
  type ParsedRecord,
  parseRecords,
  type RowBatch,
} from "@loophound/toolkit/csv";
import type { LoadRun } from "../../../load_task.ts";
import { BATCH_ROWS, NAME_BYTES, TEXT_BYTES } from "./_limits.ts";

/** A row for COPY, or why there is none. */
type Reading = { row: string[] } | { reason: string; column?: number };

const encoder = new TextEncoder();
const tooLong = (text: string, max: number) =>
  text.length > max || encoder.encode(text).byteLength > max;

const MGI_ID = /^MGI:\d+$/;
const MP_ID = /^MP:\d+$/;

/**
 * `HMD_HumanPhenotype.rpt`: current releases have human symbol, Entrez id,
 * mouse symbol, MGI id, MP ids; older ones a HomoloGene id (and a flag) in
 * between. The MGI id tells which it is: the mouse symbol stands before it.
 */
export function readOrtholog(fields: readonly string[]): Reading {
  const at = fields.findIndex((field) => MGI_ID.test(field));
  if (at < 3) return { reason: "no MGI id in the fourth column or after it" };
  const [symbol = "", entrez = ""] = fields;
  const mouse = fields[at - 1] ?? "";
  if (symbol === "") return { reason: "human symbol: is empty", column: 1 };
  if (tooLong(symbol, NAME_BYTES)) return { reason: "human symbol: too long" };
  return { row: [symbol, fields[at]!, mouse, entrez] };
}

const WILD_TYPE = /<\+>/g;
const RECOMBINASE = /\b(?:i?cre|flp[eo]?|dre)\b|Tg\([^)]*(?:cre|flp)/i;

/** Zygosity of an allelic composition: `A<tm1>/A<+>` is heterozygous. */
export function zygosityOf(composition: string): "hm" | "ht" | "cn" | "ot" {
  if (RECOMBINASE.test(composition)) return "cn";
  const wild = composition.match(WILD_TYPE)?.length ?? 0;
  return wild === 0 ? "hm" : wild === 1 ? "ht" : "ot";
}

/**
 * `MGI_PhenoGenoMP.rpt`: allelic composition, allele symbols, background, MP
 * id, PubMed id, MGI ids. More than one gene says nothing of either.
 */
export function readPhenotype(fields: readonly string[]): Reading {
  if (fields.length < 6) {
    return { reason: `expected 6 fields, found ${fields.length}` };
  }
  const [composition = "", , background = "", term = ""] = fields;
  const ids = (fields[5] ?? "").split(/[|,]/).map((id) => id.trim())
    .filter(Boolean);
  if (!MP_ID.test(term)) return { reason: "MP id: is none" };
  if (ids.length === 0) return { reason: "MGI id: is empty" };
  if (ids.length > 1) return { reason: "polygenic genotype" };
  if (!MGI_ID.test(ids[0]!)) return { reason: "MGI id: is none" };
  if (tooLong(composition, TEXT_BYTES) || tooLong(background, TEXT_BYTES)) {
    return { reason: "allelic composition or background: too long" };
  }
  return {
    row: [ids[0]!, composition, background, term, zygosityOf(composition)],
  };
}

function refuse(
  run: LoadRun<unknown>,
  { line, fields }: ParsedRecord,
  { reason, column = 1 }: { reason: string; column?: number },
): void {
  const text = fields.join("\t").slice(0, 200);
  run.rejections.add({ line, column, reason, text });
}

/** Reads a headerless tab-separated report, line by line. */
export async function* reportRows(
  run: LoadRun<unknown>,
  options: {
    read: (fields: readonly string[]) => Reading;
    stats: { rows: number };
  },
): AsyncGenerator<RowBatch> {
  const writer = createRowWriter({
    maxBatchRows: BATCH_ROWS,
    maxBatchBytes: 128 * 1024,
  });
  const records = parseRecords(run.open(), {
    separator: "\t",
    quote: false,
    trim: true,
    relaxColumns: true,
    maxRecordBytes: run.input.maxRecordBytes,
  });
  for await (const batch of records) {
    for (const record of batch) {
      options.stats.rows++;
      const reading = options.read(record.fields);
      if ("reason" in reading) {
        refuse(run, record, reading);
        continue;
      }
      const full = writer.write(reading.row);
      if (full !== undefined) yield full;
    }
  }
  const last = writer.flush();
  if (last !== undefined) yield last;
}
