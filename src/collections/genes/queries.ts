/**
 * The light queries of the collection: each is one indexed statement that
 * answers the JSON text to be sent.
 *
 * @module
 */
export {
  geneAnnotationsDocument,
  geneDocument,
  geneEvidenceDocument,
} from "./_gene_queries.ts";
export { DEFAULT_GENE_SORT, GENE_SORT_FIELDS } from "./_gene_sort.ts";
export { geneListDocument, type GeneListQuery } from "./_list_query.ts";
