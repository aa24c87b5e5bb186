/** Condition of `TableLoad.unresolved`: the symbol names no known gene. */
export const UNKNOWN_SYMBOL =
  "not exists (select from gene_names n where n.name = r.symbol)";
