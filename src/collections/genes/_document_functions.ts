import { ANNOTATIONS, EXPRESSION, VERSIONS } from "./_annotations_sql.ts";

const EVIDENCE = `
(select coalesce(json_agg(json_build_object('type', 'evidence',
   'id', e.source_name || '/' || e.source_detail || '/' || e.symbol,
   'attributes', json_build_object('source_name', e.source_name,
     'source_detail', e.source_detail, 'symbol', e.symbol,
     'reported_as', e.reported_as, 'evidence_data', e.evidence_data,
     'normalized_score', (
       select s.score from gene_source_scores s
       where s.gene_id = e.gene_id and s.source_name = e.source_name))
   ) order by e.source_name, e.source_detail, e.symbol), '[]')
 from gene_evidence e where e.gene_id = g.id)`;

const SCORES = `
(select coalesce(json_object_agg(s.source_name, s.score
   order by s.source_name), '{}')
 from gene_source_scores s where s.gene_id = g.id)`;

const DETAIL = `json_build_object('data', json_build_object(
  'type', 'genes', 'id', g.id, 'attributes', json_build_object(
    'hgnc_id', g.hgnc_id, 'approved_symbol', g.symbol, 'name', g.name,
    'aliases', g.alias_symbols, 'previous_symbols', g.prev_symbols,
    'evidence_score', g.evidence_score, 'evidence_tier', g.evidence_tier,
    'evidence_group', g.evidence_group, 'evidence_count', g.evidence_count,
    'source_count', g.source_count, 'sources', g.sources,
    'score_breakdown', ${SCORES}, 'evidence', ${EVIDENCE},
    'annotations', ${EXPRESSION})))`;

const EVIDENCE_DOCUMENT = `json_build_object('data', ${EVIDENCE},
  'meta', json_build_object('gene_id', g.id, 'gene_symbol', g.symbol,
    'evidence_count', g.evidence_count))`;

const ANNOTATIONS_DOCUMENT = `json_build_object('data', json_build_object(
  'type', 'annotations', 'id', g.id, 'attributes', ${ANNOTATIONS}),
  'meta', json_build_object('gene_id', g.id, 'gene_symbol', g.symbol,
    'versions', ${VERSIONS}))`;

/**
 * The gene that a text names: by any of its names as written, by its id
 * (HGNC id), else by a name in any case. `coalesce` stops at the first.
 */
const NAMED = `coalesce(
  (select n.gene_id from gene_names n where n.name = wanted),
  (select i.id from genes i where i.id = wanted),
  (select i.id from genes i where i.id = upper(wanted collate "C")),
  (select n.gene_id from gene_names n
   where upper(n.name) = upper(wanted collate "C")
   order by n.kind, n.name limit 1))`;

/**
 * A function that answers a document about one gene as JSON text; null: no
 * such gene. PL/pgSQL keeps the plan of its statement, and planning is what
 * takes longest here.
 */
function documentFunction(name: string, expression: string): string {
  return `
create or replace function ${name}(wanted text) returns text
language plpgsql stable set jit = off as $function$
begin
  return (
    select ${expression}::text from (
      select i.*, array(
        select n.name from gene_names n where n.gene_id = i.id
        order by n.kind, n.name
      ) as names
      from genes i where i.id = ${NAMED}
    ) g
  );
end
$function$;
`;
}

/** The functions behind the documents of one gene. */
export const DOCUMENT_FUNCTIONS: string =
  documentFunction("gene_document", DETAIL) +
  documentFunction("gene_evidence_document", EVIDENCE_DOCUMENT) +
  documentFunction("gene_annotations_document", ANNOTATIONS_DOCUMENT);
