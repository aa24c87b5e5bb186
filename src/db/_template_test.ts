import assert from "node:assert/strict";
import { PGlite } from "@electric-sql/pglite";
import { TEMPLATE_VERSION, unpackTemplate } from "./_template.ts";

/** What two new databases must agree on. */
async function describe(db: PGlite): Promise<unknown> {
  const settings = await db.query(
    `select name, setting from pg_settings
      where name not in ('data_directory', 'config_file', 'hba_file', 'ident_file')
      order by name`,
  );
  const catalog = await db.query(
    `select (select catalog_version_no from pg_control_system()) as version,
            (select count(*) from pg_class) as relations,
            (select count(*) from pg_proc) as functions,
            (select array_agg((datname, datcollate, datctype, encoding)::text order by datname) from pg_database) as databases,
            (select array_agg((rolname, rolsuper)::text order by rolname) from pg_roles) as roles`,
  );
  return { settings: settings.rows, catalog: catalog.rows };
}

Deno.test("a database from the template is like one that initdb makes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-template-" });
  await unpackTemplate(folder);
  const copied = await PGlite.create({ dataDir: folder });
  const made = await PGlite.create();
  try {
    assert.deepEqual(await describe(copied), await describe(made));
    const { rows } = await made.query<{ version: string }>(
      "select version() as version",
    );
    assert.ok(
      rows[0]?.version.includes(`(PGlite ${TEMPLATE_VERSION})`),
      `PGlite is ${
        rows[0]?.version
      }: set TEMPLATE_VERSION and run scripts/make_template.ts`,
    );
  } finally {
    await copied.close();
    await made.close();
    await Deno.remove(folder, { recursive: true });
  }
});
