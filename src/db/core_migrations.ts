import type { SqlMigration } from "../collection.ts";

/**
 * Tables that belong to no collection. Keys are collated "C": the embedded
 * engine knows nothing else, and answers must agree.
 */
export const coreMigrations: readonly SqlMigration[] = [
  {
    name: "0001_source_state",
    sql: `
      create table source_state (
        source text collate "C" not null,
        part text collate "C" not null,
        sha256 text collate "C" not null,
        fields jsonb not null default '{}',
        loader_version int not null,
        load_id text collate "C" not null,
        sample boolean not null default false,
        bytes bigint not null,
        counts jsonb not null,
        meta jsonb not null default '{}',
        loaded_at timestamptz not null default now(),
        primary key (source, part)
      );
    `,
  },
];
