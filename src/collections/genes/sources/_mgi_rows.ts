import type { ParsedRecord } from "@loophound/toolkit/csv";
import { isTooLong, NAME_BYTES, TEXT_BYTES } from "./_limits.ts";
import type { Reading } from "./_report_rows.ts";

const MGI_ID = /^MGI:\d{1,12}$/;
/** An id of the Mammalian Phenotype ontology. */
export const MP_ID = /^MP:\d{1,12}$/;

/**
 * Reads a line of `HMD_HumanPhenotype.rpt`. Current releases have human
 * symbol, Entrez id, mouse symbol, MGI id, MP ids and a blank; older ones a
 * HomoloGene id, and some a flag, before the mouse symbol. Where the MGI id
 * stands tells which it is: the mouse symbol is before it.
 */
export function readOrtholog({ fields }: ParsedRecord): Reading {
  const at = fields.findIndex((field) => MGI_ID.test(field));
  if (at < 3) return { reason: "no MGI id in the fourth field or after it" };
  const [symbol = "", entrez = ""] = fields;
  if (symbol === "") return { reason: "human symbol: is empty" };
  if (isTooLong(symbol, NAME_BYTES)) {
    return { reason: "human symbol: is too long" };
  }
  return { row: [symbol, fields[at]!, fields[at - 1]!, entrez || null] };
}

const WILD_TYPE = /<\+>/g;
/**
 * A construct that carries a Cre recombinase: `Tg(Nphs2-cre)`, `tm1(cre/ERT2)`,
 * `tm1(icre)`. In capitals, CRE is a binding site.
 */
const RECOMBINASE = /\((?:[^()]*[-/,])?i?[Cc]re(?:[-/,*][^()]*)?\)/;

/** Zygosity of an allelic composition: `A<tm1>/A<+>` is heterozygous. */
export function zygosityOf(composition: string): "hm" | "ht" | "cn" | "ot" {
  if (RECOMBINASE.test(composition)) return "cn";
  const wildTypes = composition.match(WILD_TYPE)?.length ?? 0;
  return wildTypes === 0 ? "hm" : wildTypes === 1 ? "ht" : "ot";
}

/**
 * Reads a line of `MGI_PhenoGenoMP.rpt`: allelic composition, allele symbols,
 * background, MP id, PubMed ids, MGI ids. A genotype of more than one gene
 * says nothing of either.
 */
export function readPhenotype({ fields }: ParsedRecord): Reading {
  if (fields.length < 6) {
    return { reason: `${fields.length} fields instead of 6` };
  }
  const [composition = "", , background = "", term = "", , genes = ""] = fields;
  const ids = new Set(genes.split(/[|,]/).map((id) => id.trim()));
  ids.delete("");
  if (composition === "") return { reason: "allelic composition: is empty" };
  if (!MP_ID.test(term)) {
    return { reason: "MP id: is no id like MP:0005367", field: 3 };
  }
  if (ids.size > 1) return { reason: "polygenic genotype", field: 5 };
  const [id = ""] = ids;
  if (!MGI_ID.test(id)) {
    return { reason: "MGI id: is no id like MGI:97603", field: 5 };
  }
  if (isTooLong(composition, TEXT_BYTES)) {
    return { reason: "allelic composition: is too long" };
  }
  if (isTooLong(background, TEXT_BYTES)) {
    return { reason: "background: is too long", field: 2 };
  }
  return { row: [id, composition, background, term, zygosityOf(composition)] };
}
