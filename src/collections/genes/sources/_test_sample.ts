import assert from "node:assert/strict";
import type { LoadContext } from "../../../collection.ts";
import { sampleLoads } from "../sample_data/mod.ts";
import { sources } from "./mod.ts";
import type { LoadCases, LoadDatabase } from "./_test_loads.ts";

/** Loads through the source itself, its fields validated. */
function load(
  database: LoadDatabase,
  name: string,
  { fields = {}, file, sample = false }: {
    fields?: Record<string, unknown>;
    file: URL | string;
    sample?: boolean;
  },
) {
  const source = sources.find((source) => source.name === name)!;
  const context: Pick<LoadContext, "run"> = {
    run: (task, fields) =>
      database.load(task, { source: name, fields, file, sample }),
  };
  return source.load(source.input.parse(fields), context as LoadContext);
}

/** Loads of the bundled sample. */
export const sampleCases: LoadCases = {
  "loads in its order, resolves, and leaves with the first real load": async (
    database,
  ) => {
    const seen = { duplicates: 0, unresolved: 0 };
    for (const { source, fields, file } of sampleLoads) {
      const output = await load(database, source, {
        fields,
        file,
        sample: true,
      });
      seen.duplicates += output.duplicates;
      seen.unresolved += output.unresolved;
      assert.ok(output.inserted > 0, file.href);
      assert.ok(output.unresolved < output.inserted / 10, file.href);
      for (const { reason } of output.reasons) {
        assert.equal(reason, "polygenic genotype", file.href);
      }
    }
    assert.ok(seen.duplicates > 0);
    assert.ok(seen.unresolved > 0);
    const tiers = await database.query(
      `select evidence_tier, count(*) from genes
       where evidence_tier is not null group by 1`,
    );
    assert.ok(tiers.length >= 2, JSON.stringify(tiers));
    await load(database, "diagnostic_panels", {
      file: '{"provider_id":"real","genes":[{"symbol":"PKD1"}]}',
    });
    const left = await database.query(
      `select symbol from genes union all select symbol from hgnc
       union all select symbol from gtex union all select symbol from hpo
       union all select symbol from descartes_tpm
       union all select mgi_id from mgi_phenotypes
       union all select symbol from evidence_rows`,
    );
    assert.deepEqual(left, [{ symbol: "PKD1" }, { symbol: "PKD1" }]);
  },
};
