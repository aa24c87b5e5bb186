import assert from "node:assert/strict";
import { ProblemError } from "../../errors.ts";
import {
  onBothDatabases,
  putEvidence,
  putHgnc,
  type TestDatabase,
} from "./_test_database.ts";
import {
  geneAnnotationsDocument,
  geneDocument,
  geneEvidenceDocument,
  geneListDocument,
  type GeneListQuery,
} from "./queries.ts";

/** PKD1 (two panels, one publication) to D; E is known to HGNC alone. */
async function putGenes(database: TestDatabase): Promise<void> {
  await putHgnc(database, [
    {
      id: "HGNC:9008",
      symbol: "PKD1",
      name: "polycystin 1",
      aliases: ["PBP"],
      previous: ["APKD1"],
    },
    { id: "HGNC:2", symbol: "B" },
    { id: "HGNC:3", symbol: "C8orf37" },
    { id: "HGNC:5", symbol: "E_100%" },
  ]);
  const panels = (symbol: string, occurrence_count: number) => ({
    source: "diagnostic_panels",
    detail: "natera",
    symbol,
    data: { panels: ["x"], occurrence_count },
  });
  const paper = (symbol: string, detail: string) => ({
    source: "literature",
    detail,
    symbol,
  });
  await putEvidence(database, [
    panels("PKD1", 4),
    panels("B", 2),
    panels("C8orf37", 1),
    panels("D", 2),
    paper("APKD1", "1"),
    paper("PKD1", "2"),
    paper("B", "1"),
  ]);
}

interface ListDocument {
  data: { id: string; attributes: Record<string, unknown> }[];
  meta: Record<string, unknown>;
  links: Record<string, string | null>;
}

async function list(
  database: TestDatabase,
  query: GeneListQuery = {},
): Promise<ListDocument> {
  return JSON.parse(
    await geneListDocument(database.db, query, { link: (page) => `?${page}` }),
  );
}

async function listed(
  database: TestDatabase,
  query: GeneListQuery,
): Promise<string> {
  const { data, meta } = await list(database, query);
  assert.equal(meta.total, data.length);
  return data.map((gene) => gene.attributes.approved_symbol).join(" ");
}

function parsed(text: string | undefined) {
  assert.notEqual(text, undefined);
  return JSON.parse(text!);
}

async function annotations(database: TestDatabase, name: string) {
  return parsed(await geneAnnotationsDocument(database.db, name));
}

onBothDatabases("gene queries", {
  "list nothing of nothing": async (database) => {
    const { data, meta, links } = await list(database);
    assert.deepEqual(data, []);
    assert.equal(meta.total, 0);
    assert.equal(meta.page_count, 0);
    assert.deepEqual(links, {
      self: "?1",
      first: "?1",
      last: "?1",
      prev: null,
      next: null,
    });
  },

  "list by score, settle ties by symbol, and page": async (database) => {
    await putGenes(database);
    const first = await list(database, { size: 2 });
    assert.deepEqual(first.data.map((gene) => gene.id), [
      "HGNC:9008",
      "HGNC:2",
    ]);
    assert.deepEqual(first.links, {
      self: "?1",
      first: "?1",
      last: "?3",
      prev: null,
      next: "?2",
    });
    const last = await list(database, { size: 2, page: 3 });
    assert.deepEqual(
      last.data.map((gene) => gene.attributes.approved_symbol),
      ["E_100%"],
    );
    assert.equal(last.links.next, null);
    assert.equal(last.links.prev, "?2");
    const beyond = await list(database, { size: 2, page: 9 });
    assert.deepEqual(beyond.data, []);
    assert.equal(beyond.links.prev, "?3");
    const all = await list(database);
    assert.deepEqual(
      all.data.map((gene) => [
        gene.attributes.approved_symbol,
        gene.attributes.evidence_score,
      ]),
      [
        ["PKD1", 100],
        ["B", 1 / 3 / 2 * 100],
        ["D", 1 / 3 / 2 * 100],
        ["C8orf37", 0],
        ["E_100%", 0],
      ],
    );
    assert.deepEqual(all.data[0]!.attributes, {
      hgnc_id: "HGNC:9008",
      approved_symbol: "PKD1",
      name: "polycystin 1",
      aliases: ["PBP"],
      previous_symbols: ["APKD1"],
      evidence_score: 100,
      evidence_tier: "established",
      evidence_group: "well_supported",
      evidence_count: 3,
      source_count: 2,
      sources: ["diagnostic_panels", "literature"],
    });
    assert.deepEqual(all.meta, {
      total: 5,
      page: 1,
      per_page: 20,
      page_count: 1,
      total_genes: 5,
      hidden_zero_scores: 0,
      filters: {
        evidence_score: { min: 0, max: 100 },
        evidence_count: { min: 0, max: 3 },
        available_sources: ["diagnostic_panels", "literature"],
      },
      evidence_tiers: {
        well_supported: {
          comprehensive: 0,
          multi_source: 0,
          established: 1,
          total: 1,
        },
        emerging_evidence: { preliminary: 2, minimal: 0, total: 2 },
      },
      valid_tiers: [
        "comprehensive",
        "multi_source",
        "established",
        "preliminary",
        "minimal",
      ],
      valid_groups: ["well_supported", "emerging_evidence"],
    });
  },

  "filter the list": async (database) => {
    await putGenes(database);
    const cases: [GeneListQuery, string][] = [
      [{ search: "pkd" }, "PKD1"],
      [{ search: "Polycystin" }, "PKD1"],
      [{ search: "apk" }, "PKD1"],
      [{ search: "hgnc:9008" }, "PKD1"],
      // What LIKE would take for a pattern is text here.
      [{ search: "_100%" }, "E_100%"],
      [{ search: "%" }, "E_100%"],
      [{ search: "'; drop table genes" }, ""],
      [{ search: "  " }, "PKD1 B D C8orf37 E_100%"],
      [{ minScore: 50 }, "PKD1"],
      [{ maxScore: 50, minScore: 1 }, "B D"],
      [{ minCount: 2 }, "PKD1 B"],
      [{ maxCount: 0 }, "E_100%"],
      [{ sources: ["literature"] }, "PKD1 B"],
      [{ sources: ["literature", "diagnostic_panels"] }, "PKD1 B D C8orf37"],
      [{ sources: ["nothing"] }, ""],
      [{ tiers: ["preliminary"] }, "B D"],
      [{ tiers: ["established", "preliminary"] }, "PKD1 B D"],
      [{ groups: ["well_supported"] }, "PKD1"],
      [{ ids: ["HGNC:2", "symbol:D", "HGNC:404"] }, "B D"],
      [{ ids: [] }, ""],
      [{ hideZeroScores: true }, "PKD1 B D"],
      [{ sort: "approved_symbol" }, "B C8orf37 D E_100% PKD1"],
      [{ sort: "-symbol" }, "PKD1 E_100% D C8orf37 B"],
      [{ sort: "count,-symbol" }, "E_100% D C8orf37 B PKD1"],
      [{ sort: "hgnc_id" }, "B C8orf37 E_100% PKD1 D"],
      [{ sort: "-hgnc_id" }, "PKD1 E_100% C8orf37 B D"],
      [{ sort: "evidence_tier,-symbol" }, "PKD1 D B E_100% C8orf37"],
    ];
    for (const [query, expected] of cases) {
      assert.equal(
        await listed(database, query),
        expected,
        JSON.stringify(query),
      );
    }
    const hidden = await list(database, { hideZeroScores: true, search: "c8" });
    assert.equal(hidden.meta.hidden_zero_scores, 1);
    assert.equal(hidden.meta.total, 0);
  },

  "refuse a field that the list is not sorted by": async (database) => {
    for (const sort of ["password", "", "-", "constructor", "symbol,"]) {
      await assert.rejects(
        () => list(database, { sort }),
        (error) =>
          error instanceof ProblemError && error.status === 400 &&
          error.errors?.[0]?.field === "sort",
      );
    }
  },

  "find a gene by any of its names": async (database) => {
    await putGenes(database);
    for (
      const name of [
        "PKD1",
        "pkd1",
        "APKD1",
        "PBP",
        "pbp",
        "HGNC:9008",
        "hgnc:9008",
      ]
    ) {
      assert.equal(
        parsed(await geneDocument(database.db, name)).data.id,
        "HGNC:9008",
        name,
      );
    }
    const mixed = parsed(await geneDocument(database.db, "C8ORF37"));
    assert.equal(mixed.data.attributes.approved_symbol, "C8orf37");
    for (const name of ["", "PKD", "PKD1 ", "' or true --", "HGNC:", "%"]) {
      assert.equal(await geneDocument(database.db, name), undefined, name);
    }
  },

  "show scores, evidence and expression": async (database) => {
    await putGenes(database);
    await database.query(
      "insert into descartes_tpm values ('PKD1', 2.0540630055529), ('B', 1e-7), ('PBP', 9)",
    );
    const { data } = parsed(await geneDocument(database.db, "PKD1"));
    assert.equal(data.type, "genes");
    assert.deepEqual(data.attributes.score_breakdown, {
      diagnostic_panels: 1,
      literature: 1,
    });
    assert.deepEqual(data.attributes.annotations.descartes, {
      kidney_tpm: 2.0540630055529,
      kidney_percentage: null,
      cell_type: "kidney",
      dataset_version: "human_gtex",
      gene_symbol: "PKD1",
    });
    assert.deepEqual(
      data.attributes.evidence.map((row: { id: string }) => row.id),
      [
        "diagnostic_panels/natera/PKD1",
        "literature/1/APKD1",
        "literature/2/PKD1",
      ],
    );
    assert.deepEqual(data.attributes.evidence[0].attributes, {
      source_name: "diagnostic_panels",
      source_detail: "natera",
      symbol: "PKD1",
      reported_as: "PKD1",
      evidence_data: { panels: ["x"], occurrence_count: 4 },
      normalized_score: 1,
    });
    const tiny = parsed(await geneDocument(database.db, "B"));
    assert.equal(tiny.data.attributes.annotations.descartes.kidney_tpm, 1e-7);
    const own = parsed(await geneDocument(database.db, "D"));
    assert.deepEqual(own.data.attributes.annotations, {});
    assert.equal(own.data.id, "symbol:D");
    assert.equal(own.data.attributes.hgnc_id, null);
  },

  "see new tables although their plans are kept": async (database) => {
    await putGenes(database);
    // PL/pgSQL keeps a general plan from the sixth call on.
    for (let call = 0; call < 8; call++) {
      await geneDocument(database.db, "PKD1");
    }
    await putEvidence(database, [
      { source: "literature", detail: "1", symbol: "PKD1" },
    ]);
    const { data } = parsed(await geneDocument(database.db, "PKD1"));
    assert.deepEqual(data.attributes.sources, ["literature"]);
    assert.equal(data.attributes.evidence.length, 1);
  },

  "answer the evidence of each source": async (database) => {
    await putGenes(database);
    const { data, meta } = parsed(
      await geneEvidenceDocument(database.db, "pbp"),
    );
    assert.equal(data.length, 3);
    assert.deepEqual(meta, {
      gene_id: "HGNC:9008",
      gene_symbol: "PKD1",
      evidence_count: 3,
    });
    const none = parsed(await geneEvidenceDocument(database.db, "E_100%"));
    assert.deepEqual(none.data, []);
    assert.equal(await geneEvidenceDocument(database.db, "nothing"), undefined);
  },

  "answer one object of annotations for each source": async (database) => {
    await putGenes(database);
    await database.query(
      "insert into descartes_percentage values ('APKD1', 0.25)",
    );
    await database.query(
      `insert into gtex values ('PKD1', 'ENSG1.1', '{0.5,3e-05}')`,
    );
    await database.query(
      `insert into source_state (source, part, sha256, meta, loaded_at)
       values ('gtex', '', 'abc', '{"tissues": ["Kidney_Cortex", "Bladder"]}',
         '2026-01-02T03:04:05.678+02')`,
    );
    await database.query(
      `insert into hpo values
        ('PKD1', 'HP:2', 'two', 'OMIM:2', '-', ''),
        ('PKD1', 'HP:2', 'two', 'OMIM:3', '3/4', ''),
        ('PKD1', 'HP:1', 'one', '', '', ''),
        ('PBP', 'HP:9', 'nine', 'OMIM:9', '', '')`,
    );
    const { data, meta } = await annotations(database, "PKD1");
    assert.equal(data.id, "HGNC:9008");
    assert.deepEqual(data.attributes, {
      descartes: {
        kidney_tpm: null,
        kidney_percentage: 0.25,
        cell_type: "kidney",
        dataset_version: "human_gtex",
        // Found through a previous symbol.
        gene_symbol: "APKD1",
      },
      gtex: {
        gene_symbol: "PKD1",
        gencode_id: "ENSG1.1",
        tissues: { Kidney_Cortex: 0.5, Bladder: 3e-5 },
      },
      hgnc: { hgnc_id: "HGNC:9008", symbol: "PKD1", location: "16p13.3" },
      hpo: {
        gene_symbol: "PKD1",
        phenotypes: [
          { hpo_id: "HP:1", hpo_name: "one", disease_ids: [], frequency: null },
          {
            hpo_id: "HP:2",
            hpo_name: "two",
            disease_ids: ["OMIM:2", "OMIM:3"],
            frequency: "3/4",
          },
        ],
        phenotype_count: 2,
      },
    });
    assert.deepEqual(meta, {
      gene_id: "HGNC:9008",
      gene_symbol: "PKD1",
      versions: {
        gtex: [{
          part: "",
          sha256: "abc",
          loaded_at: "2026-01-02T01:04:05.678Z",
        }],
      },
    });
    assert.equal(
      await geneAnnotationsDocument(database.db, "nothing"),
      undefined,
    );
  },

  "analyse the zygosity of mouse phenotypes": async (database) => {
    await putGenes(database);
    await database.query(
      `insert into mgi_orthologs values ('PKD1', 'MGI:1', 'Pkd1', '18763'),
        ('PKD1', 'MGI:2', 'Pkd1b', ''), ('B', 'MGI:3', 'B', '')`,
    );
    await database.query(
      `insert into mgi_phenotypes values
        ('MGI:1', 'a/a', 'x', 'MP:1', 'hm'), ('MGI:1', 'a/+', 'x', 'MP:1', 'ht'),
        ('MGI:1', 'a/a', 'y', 'MP:1', 'hm'), ('MGI:2', 'c/c', 'x', 'MP:2', 'hm'),
        ('MGI:1', 'a/+', 'x', 'MP:9', 'ht'), ('MGI:1', 'o', 'x', 'MP:3', 'ot'),
        ('MGI:3', 'a/+', 'x', 'MP:9', 'ht')`,
    );
    const mouse = async (name: string) =>
      (await annotations(database, name)).data.attributes.mpo_mgi;

    // Without the list of kidney terms nothing was searched.
    const unknown = await mouse("PKD1");
    assert.equal(unknown.has_kidney_phenotype, null);
    assert.equal(unknown.mpo_terms_searched, 0);
    assert.equal(unknown.zygosity_analysis.summary, "hm (NA); ht (NA)");
    assert.equal(
      unknown.zygosity_analysis.homozygous.has_kidney_phenotype,
      null,
    );

    await database.query(
      "insert into mgi_terms values ('MP:1'), ('MP:2'), ('MP:3')",
    );
    const term = (id: string) => ({ term: id, name: null });
    assert.deepEqual(await mouse("PKD1"), {
      gene_symbol: "PKD1",
      has_kidney_phenotype: true,
      mouse_orthologs: ["Pkd1", "Pkd1b"],
      phenotypes: [term("MP:1"), term("MP:2"), term("MP:3")],
      phenotype_count: 3,
      mpo_terms_searched: 3,
      zygosity_analysis: {
        homozygous: {
          has_kidney_phenotype: true,
          phenotype_count: 2,
          phenotypes: [term("MP:1"), term("MP:2")],
        },
        heterozygous: {
          has_kidney_phenotype: true,
          phenotype_count: 1,
          phenotypes: [term("MP:1")],
        },
        conditional: {
          has_kidney_phenotype: false,
          phenotype_count: 0,
          phenotypes: [],
        },
        summary: "hm (true); ht (true)",
      },
    });
    const none = await mouse("B");
    assert.equal(none.has_kidney_phenotype, false);
    assert.equal(none.zygosity_analysis.summary, "hm (false); ht (false)");
    assert.equal(await mouse("C8orf37"), undefined);
  },
});
